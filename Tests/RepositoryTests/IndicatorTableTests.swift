import Builtin
import HostManifest
import PluginKit
import TestSupport
import Testing

/// `docs/indicators.md` is written from the descriptors and the doc comments of the indicators.
///
/// `PENSTOCK_UPDATE_DOCS=1 make test ARGS="--filter RepositoryTests"` writes it anew.
struct IndicatorTableTests {
    private static let path = "docs/indicators.md"
    private static let indicators = Builtin.plugins.filter { $0.descriptor.kind == .indicator }

    @Test func pageIsCurrent() throws {
        let current = try Self.page()
        let text = Repository.has(Self.path) ? try Repository.text(Self.path) : ""
        if Repository.updates, current != text { return try Repository.write(current, to: Self.path) }
        let isCurrent = current == text
        #expect(isCurrent, "\(Self.path): \(Repository.remedy)")
    }

    @Test(arguments: Self.indicators.map(\.descriptor.name)) func commentHasItsParts(name: String) throws {
        let plugin = try #require(Self.indicators.first { $0.descriptor.name == name })
        let comment = try IndicatorComment(of: plugin)
        for row in ["Input", "Output", "Parameters", "Warm-up", "Cost", "Undefined"] {
            #expect(!comment.row(row).isEmpty, "\(plugin.typeName): its comment has no row '\(row)'")
        }
        #expect(comment.lines.contains("## Formula"), "\(plugin.typeName): its comment has no formula")
        #expect(comment.lines.joined(separator: " ").contains("Checked against"), "\(plugin.typeName): checked how?")
        for option in plugin.descriptor.schema.options {
            let row = comment.row("Parameters")
            #expect(row.contains("`\(option.name)`"), "\(plugin.typeName): its comment does not name '\(option.name)'")
        }
    }

    private static func page() throws -> String {
        var families: [String: [PluginType]] = [:]
        for plugin in indicators { families[try IndicatorComment.family(of: plugin), default: []].append(plugin) }
        let sorted = families.sorted { $0.key < $1.key }
        var text = """
            # Indicators

            This page is written from the code; `penstock indicators info NAME` shows options and outputs of one indicator,
            `penstock indicators compute` its values over a file of bars.
            An option that is left out has the default. Values begin after the warm-up; before, and where a formula has no
            value, the output is empty. An event with a number the indicator cannot use is refused and changes nothing.
            Most read bars; those that read trades, quotes or books belong in a pipeline of that `kind`, or in one of its `inputs`.
            A pipeline's `indicators: all` are those that its manifest names, not all of this page.


            """
        for (family, plugins) in sorted {
            let names = plugins.map { "[`\($0.descriptor.name)`](#\($0.descriptor.name))" }
            text += "- \(family): \(names.joined(separator: ", "))\n"
        }
        for (family, plugins) in sorted {
            text += "\n## \(family)\n"
            for plugin in plugins { text += try section(plugin) }
        }
        return text + (try TALibTable.text(indicators))
    }

    private static func section(_ plugin: PluginType) throws -> String {
        let comment = try IndicatorComment(of: plugin)
        var text = "\n### \(plugin.descriptor.name)\n\n"
        for line in comment.lines where line != "## Formula" { text += "\(line)\n" }
        text += "\n| Option | Allowed | Default | Meaning |\n|---|---|---|---|\n"
        for option in plugin.descriptor.schema.options {
            text +=
                "| `\(option.name)` | \(allowed(option.type)) | \(standard(option.defaultValue)) | \(option.summary) |\n"
        }
        if plugin.descriptor.schema.options.isEmpty { text += "| none | | | |\n" }
        let outputs = plugin.descriptor.outputs
        // A set's formulas say what each is; a row for each would bury the page.
        if outputs.count > 100 {
            return text + "\nOutputs: \(outputs.map { "`\($0.name)`" }.joined(separator: ", ")).\n"
        }
        text += "\n| Output | Unit | Meaning |\n|---|---|---|\n"
        for output in outputs {
            text += "| `\(output.name)` | \(output.unit) | \(output.summary) |\n"
        }
        return text
    }

    private static func allowed(_ type: OptionType) -> String {
        switch type {
        case .integer(let range): "\(range.lowerBound) ... \(range.upperBound)"
        case .number(let range), .ratio(let range): "\(range.lowerBound) ... \(range.upperBound)"
        case .boolean: "`true`, `false`"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .duration(let range): "\(DurationText.text(range.lowerBound)) ... \(DurationText.text(range.upperBound))"
        default: "text"
        }
    }

    private static func standard(_ value: ConfigurationValue?) -> String {
        switch value {
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let value): "`\(value)`"
        case .text(let text): "`\(text)`"
        case .duration(let span): DurationText.text(span)
        default: ""
        }
    }
}
