import ArgumentParser

/// `penstock plugins`: what can be named in the manifest, and what is.
struct PluginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins", abstract: "List, describe, switch, install, test and make plugins.",
        subcommands: [
            ListPlugins.self, PluginInfo.self, EnableInstance.self, DisableInstance.self, InstallPlugin.self,
            RemovePlugin.self, LockPlugins.self, VerifyPlugins.self, DescribePlugin.self, NewPlugin.self,
            TestPlugin.self,
        ])
}

/// `penstock plugins enable`.
struct EnableInstance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Enable an instance in the manifest; its comments stay.",
        discussion: "A host that runs the manifest goes over to it at once.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The instance's id, or kind/id where two kinds share it.", completion: Completions.instances)
    var instance: String

    func run() async throws { try InstanceSwitch(shared: shared, instance: instance).set(true) }
}

/// `penstock plugins disable`.
struct DisableInstance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Disable an instance in the manifest; its comments stay.",
        discussion: "A host that runs the manifest goes over to it at once.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The instance's id, or kind/id where two kinds share it.", completion: Completions.instances)
    var instance: String

    func run() async throws { try InstanceSwitch(shared: shared, instance: instance).set(false) }
}
