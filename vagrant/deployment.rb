require 'set'

module HaDemo
  ONCE = Mutex.new

  # Vagrant runs triggers for each machine, in threads of its own where the provider does several at once.
  def self.once_per_run
    ONCE.synchronize do
      yield unless @done
      @done = true
    end
  end

  # What ./ha-demo does for Vagrant: it makes of machines the nodes of cluster.yaml.
  class Deployment
    def initialize(project, connections, nodes)
      @program = File.join(project, 'ha-demo')
      @connections = connections
      @nodes = nodes
      @starting = Set.new
    end

    # Before a machine starts: what it runs cannot be missing.
    def save_images
      run('images', 'save') or raise Vagrant::Errors::VagrantError.new, 'ha-demo: the images could not be saved; see above'
    end

    def starts(machine)
      ONCE.synchronize { @starting << machine.name.to_s }
    end

    # Once all machines run: nodes are brought up to date one after the other, by one who sees all of them.
    def bring_up(machine)
      ONCE.synchronize { @starting.delete(machine.name.to_s) }
      others = @nodes.reject { |node| ready?(machine.env, node) }
      return machine.ui.info("ha-demo: waits for #{others.join(', ')}") unless others.empty?
      return if run('--lab', 'vms', 'up')

      raise Vagrant::Errors::VagrantError.new, 'ha-demo: the nodes could not be brought up to date; see above'
    end

    private

    def ready?(environment, node)
      @connections.include?(node) && !ONCE.synchronize { @starting.include?(node) } && running?(environment, node)
    end

    def running?(environment, node)
      environment.active_machines.any? do |name, provider|
        name.to_s == node && environment.machine(name, provider).state.id == :running
      end
    end

    def run(*arguments)
      system(@program, *arguments)
    end
  end
end
