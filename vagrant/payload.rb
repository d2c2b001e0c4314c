require 'fileutils'
require Vagrant.source_root.join('plugins/synced_folders/rsync/helper')

module HaDemo
  ONCE = Mutex.new

  # Vagrant runs triggers for each machine, in threads of its own where the provider does several at once.
  def self.once_per_run
    ONCE.synchronize do
      yield unless @done
      @done = true
    end
  end

  # What every machine gets, as a folder: cluster.yaml, templates, images and the provisioning scripts.
  class Payload
    GUEST_FOLDER = '/opt/ha-demo'.freeze
    RSYNC_ARGS = ['--archive', '--delete'].freeze

    attr_reader :folder

    def initialize(project, workspace)
      @project = project
      @workspace = workspace
      @folder = File.join(workspace, '.ha-demo', 'vms', 'payload')
      FileUtils.mkdir_p(@folder)
    end

    def prepare
      save_images
      FileUtils.rm_rf(Dir.children(@folder).map { |name| File.join(@folder, name) })
      FileUtils.cp_r([File.join(@workspace, 'cluster.yaml'), File.join(@workspace, 'config-templates'),
                      File.join(@project, 'vagrant/provision'), File.join(@project, '.ha-demo/images')],
                     @folder, preserve: true)
      FileUtils.mkdir(File.join(@folder, 'scripts'))
      FileUtils.cp(%w[node/node.sh haproxy/reload keepalived/observe].map { |file| File.join(@project, 'docker', file) },
                   File.join(@folder, 'scripts'), preserve: true)
    end

    def send_to(machine)
      # Off: Vagrant says so itself.
      return unless machine.ssh_info

      VagrantPlugins::SyncedFolderRSync::RsyncHelper.rsync_single(
        machine, machine.ssh_info, type: :rsync, hostpath: @folder, guestpath: GUEST_FOLDER, args: RSYNC_ARGS
      )
    end

    private

    def save_images
      return if system(File.join(@project, 'ha-demo'), 'images', 'save')

      raise Vagrant::Errors::VagrantError.new, 'ha-demo: the images could not be saved; see above'
    end
  end
end
