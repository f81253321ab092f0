import HostApp
import PluginKit
import Testing

@Suite struct PluginDescriptionTests {
    @Test func showsWhatAnIndicatorReadsAndTheRolesOfColumns() {
        let descriptor = PluginDescriptor(
            kind: .indicator, name: "bands", summary: "Bands.", schema: ConfigurationSchema([]),
            outputs: [
                OutputColumn("value", unit: "1", "The middle."),
                OutputColumn("low", unit: "1", "The lower end.", role: .lower(0.9)),
            ])
        let text = PluginDescription(
            PluginType(
                descriptor: descriptor.reading(.trade), tier: .process, typeName: "",
                maker: .indicator { (_) throws(PluginError) in throw PluginError(.unsupported, "is for tests.") },
                validate: { _ in [] })
        ).text
        #expect(text.contains("  reads: trade\n"))
        #expect(text.contains(/value +1 +value +The middle\./))
        #expect(text.contains(/low +1 +lower, probability 0\.9 +The lower end\./))
    }

    @Test func aLongListOfWhatIsAllowedWidensNoOtherLine() {
        let words = (0..<30).map { "word\($0)" }
        let descriptor = PluginDescriptor(
            kind: .sink, name: "words", summary: "Words.",
            schema: ConfigurationSchema([
                .choice("kind", words, default: "word0", "Which kind."), .text("name", default: "x", "A name."),
            ]))
        let text = PluginDescription(
            PluginType(
                descriptor: descriptor, tier: .process, typeName: "",
                maker: .sink { (_, _) throws(PluginError) in throw PluginError(.unsupported, "is for tests.") },
                validate: { _ in [] })
        ).text
        #expect(text.contains("Which kind. Allowed: word0, word1, "))
        let line = text.split(separator: "\n").first { $0.hasPrefix("name") }
        #expect(line.map { $0.count < 60 } == true)
    }
}
