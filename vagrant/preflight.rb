require 'ipaddr'
require 'socket'

module HaDemo
  def self.netmask(subnet)
    IPAddr.new('255.255.255.255').mask(subnet.split('/').last.to_i).to_s
  end

  # What usually keeps the machines from starting or from reaching each other, and how to mend it.
  class Preflight
    NETWORKS_CONF = '/etc/vbox/networks.conf'.freeze

    def initialize(cluster, environment)
      @cluster = cluster
      @subnet = IPAddr.new(cluster.fetch('lan').fetch('subnet'))
      @environment = environment
    end

    def check
      problems = [virtualbox_ranges, clash, memory].compact
      return if problems.empty?

      raise Vagrant::Errors::VagrantError.new, problems.map { |problem| "ha-demo: #{problem}" }.join("\n")
    end

    private

    def provider
      @environment.active_machines.first&.last || @environment.default_provider
    end

    # Since 6.1.28, on everything but Windows.
    def virtualbox_ranges
      return unless provider == :virtualbox && File.directory?('/etc') && !Vagrant::Util::Platform.windows?

      allowed = File.exist?(NETWORKS_CONF) ? File.readlines(NETWORKS_CONF).grep(/^\s*\*/).flat_map(&:split) : []
      allowed = ['192.168.56.0/21'] if allowed.empty?
      return if allowed.grep(/\./).any? { |range| IPAddr.new(range).include?(@subnet) }

      "#{NETWORKS_CONF}: VirtualBox refuses #{subnet_text}; add a line `* #{subnet_text}` to that file"
    end

    # The machines' own network is there from the second `vagrant up` on.
    def clash
      return unless @environment.active_machines.empty?

      other = Socket.getifaddrs.find { |entry| entry.addr&.ipv4? && @subnet.include?(entry.addr.ip_address) }
      return unless other

      "lan.subnet: #{subnet_text} is in use here by #{other.name} (#{other.addr.ip_address}). If that is the lab in " \
        'containers: ./ha-demo down. If not, choose another subnet in cluster.yaml'
    end

    def memory
      return unless File.exist?('/proc/meminfo') && @environment.active_machines.empty?

      available = File.read('/proc/meminfo')[/^MemAvailable:\s+(\d+)/, 1].to_i / 1024
      count = @cluster.fetch('tiers').values.sum { |tier| tier.fetch('nodes').size }
      needed = count * @cluster.fetch('vms').fetch('memoryMb')
      return if available >= needed

      "memory: #{count} machines need #{needed} MB, and #{available} MB are available; see vms.memoryMb in cluster.yaml"
    end

    def subnet_text
      @cluster.fetch('lan').fetch('subnet')
    end
  end
end
