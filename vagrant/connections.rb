require 'fileutils'
require 'json'

module HaDemo
  # How to reach the machines, for `./ha-demo --lab vms`: a file for each in .ha-demo/vms/machines. Asking Vagrant itself
  # takes seconds.
  class Connections
    def initialize(workspace)
      @folder = File.join(workspace, '.ha-demo', 'vms', 'machines')
    end

    def write(machine)
      ssh = machine.ssh_info or raise "#{machine.name}: has no SSH address"
      FileUtils.mkdir_p(@folder)
      connection = { provider: machine.provider_name, id: machine.id, host: ssh[:host], port: ssh[:port],
                     user: ssh[:username], keys: ssh[:private_key_path] }
      File.write(file_of(machine.name), JSON.pretty_generate(connection))
    end

    def remove(machine)
      FileUtils.rm_f(file_of(machine.name))
    end

    def include?(name)
      File.exist?(file_of(name))
    end

    private

    def file_of(name)
      File.join(@folder, "#{name}.json")
    end
  end
end
