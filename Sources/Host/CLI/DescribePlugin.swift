import ArgumentParser
import FoundationEssentials
import HostApp
import HostPlugins
import PluginKit

/// `penstock plugins describe`.
struct DescribePlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Write what a plugin is into its plugin.yaml; runs the plugin to ask it.",
        discussion: """
            For who writes a plugin: 'id', 'tier' and 'library' or 'command' must stand in the file. Options, outputs and \
            capabilities are written; other keys and the comments around them stay.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin's folder.")
    var folder: String

    func run() async throws {
        let state = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: state) }
        let (id, isChanged): (String, Bool)
        do throws(PluginFault) {
            let describer = PluginDescriber(runtime: AvailablePlugins.runtime, state: state)
            let outcome = try describer.describe(folder)
            (id, isChanged) = ("\(outcome.descriptor.id)", outcome.isChanged)
        } catch {
            throw HostError(exitCode: 3, error.message)
        }
        try shared.tell(
            Report(plugin: id, isChanged: isChanged),
            isChanged ? "\(id): plugin.yaml written.\n" : "\(id): plugin.yaml is right already.\n")
    }

    private struct Report: Encodable {
        let plugin: String
        let isChanged: Bool
    }
}
