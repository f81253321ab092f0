import ArgumentParser
import HostApp
import HostConformance
import HostPlugins
import PluginKit

/// `penstock plugins new`.
struct NewPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write the folder of a new plugin: it builds, passes `penstock plugins test` and runs offline.",
        usage: "penstock plugins new KIND NAME [--lang swift|python] [--folder FOLDER] [--kit FOLDER]")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The kind (provider, indicator, model, sink) and the name; also as kind/name.")
    var plugin: [String]

    @Option(name: .long, help: ArgumentHelp("The language.", valueName: "language"))
    var lang = PluginTemplate.Language.swift

    @Option(
        name: .long,
        help: ArgumentHelp("The folder of PluginKit; default: the one above penstock.", valueName: "folder"))
    var kit: String?

    @Option(name: .long, help: ArgumentHelp("Where to write it; default: the plugin's name.", valueName: "folder"))
    var folder: String?

    func run() async throws {
        guard let id = PluginIdentifier(plugin.joined(separator: "/")) else {
            throw HostError(
                exitCode: 2,
                "plugins new: \(PluginError.quoted(plugin.joined(separator: " "))) is no plugin; allowed KIND NAME, as "
                    + "`provider tokyo`; the kind is provider, indicator, model or sink, the name lower_snake_case.")
        }
        guard let kit = kit.map(KitFolder.absolute) ?? KitFolder.find() else {
            throw HostError(
                exitCode: 3,
                "plugins new: the folder of PluginKit, where the templates are, is neither above penstock nor above this "
                    + "folder. Name it with '--kit'.")
        }
        let target = folder ?? id.name
        do throws(PluginFault) {
            let template = try PluginTemplate(id: id, language: lang, kit: kit, bars: SampleBars.shippedFile)
            try template.write(to: target)
        } catch {
            throw HostError(exitCode: 2, error.message)
        }
        try shared.tell(
            ["plugin": "\(id)", "folder": target], "\(id): written to \(target). See its README.md.\n")
    }
}

extension PluginTemplate.Language: ExpressibleByArgument {}
