import HostApp
import HostManifest
import PluginKit
import TestSupport
import Testing

/// Each plugin's README has its parts, a current table of options and a sample that works.
///
/// `PENSTOCK_UPDATE_DOCS=1 make test ARGS="--filter RepositoryTests"` writes the tables anew.
struct ReadmeTests {
    private static let headings = [
        "## Configuration", "## Output", "## Behaviour", "## Example", "## Problems", "## References",
    ]
    private static let facts = ["Kind, id", "Since", "Network", "Credentials", "Markets"]

    @Test(arguments: PluginFolder.all) func readmeHasItsParts(_ folder: PluginFolder) throws {
        let lines = try Repository.text(folder.readmePath).split(separator: "\n").map(String.init)
        let id = try #require(folder.plugin).descriptor.id
        #expect(lines.first == "# \(id)", "\(folder.readmePath): the first line names the plugin")
        #expect(lines.filter { $0.hasPrefix("## ") } == Self.headings, "\(folder.readmePath): headings, in this order")
        for fact in Self.facts {
            #expect(lines.contains { $0.hasPrefix("| \(fact) |") }, "\(folder.readmePath): no line '| \(fact) |'")
        }
    }

    @Test(arguments: PluginFolder.all) func readmeHasNoEmptyPart(_ folder: PluginFolder) throws {
        let readme = try Repository.text(folder.readmePath)
        for heading in Self.headings {
            let part = Markdown.part(heading, of: readme)
            #expect(part.count > 20, "\(folder.readmePath): '\(heading)' says nothing")
        }
    }

    @Test(arguments: PluginFolder.all) func tableOfOptionsIsCurrent(_ folder: PluginFolder) throws {
        let table = OptionTable(try #require(folder.plugin).descriptor)
        let readme = try Repository.text(folder.readmePath)
        let inserted = table.inserted(into: readme)
        let current = try #require(inserted, "\(folder.readmePath): no \(OptionTable.begin) and \(OptionTable.end)")
        if Repository.updates, current != readme { return try Repository.write(current, to: folder.readmePath) }
        let isCurrent = current == readme
        #expect(isCurrent, "\(folder.readmePath): \(Repository.remedy)")
    }

    @Test(arguments: PluginFolder.all) func sampleIsAccepted(_ folder: PluginFolder) throws {
        let name = try #require(folder.plugin).descriptor.name
        let part = Markdown.part("## Configuration", of: try Repository.text(folder.readmePath))
        let samples = Markdown.code("yaml", in: part).filter { $0.contains("plugin: \(name)") }
        try #require(!samples.isEmpty, "\(folder.readmePath): no ```yaml block with 'plugin: \(name)'")
        for sample in samples {
            let result = try SampleManifest(sample).load()
            #expect(result.faults.isEmpty, "\(folder.readmePath)\n\(result.report)")
        }
    }
}

/// Finds parts of Markdown.
enum Markdown {
    /// Returns the lines under a heading, up to the next heading of its level.
    static func part(_ heading: String, of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0 == heading }) else { return "" }
        let rest = lines[(start + 1)...]
        return rest[..<(rest.firstIndex { $0.hasPrefix("## ") } ?? rest.endIndex)].joined(separator: "\n")
    }

    /// Returns the blocks of code in a language.
    static func code(_ language: String, in text: String) -> [String] {
        text.split(separator: "```\(language)\n", omittingEmptySubsequences: false).dropFirst().map { block in
            String(block.prefix(upTo: block.firstRange(of: "\n```")?.lowerBound ?? block.endIndex)) + "\n"
        }
    }
}
