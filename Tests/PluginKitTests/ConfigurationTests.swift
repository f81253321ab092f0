import PluginKit
import Testing

struct ConfigurationTests {
    private let configuration = Configuration(
        instance: "provider/x",
        values: [
            "name": .text("ON"), "count": .integer(3), "share": .number(0.5), "flag": .boolean(true),
            "wait": .duration(.seconds(2)), "key": .secret(Secret("s")), "words": .list([.text("a"), .text("b")]),
            "mixed": .list([.text("a"), .integer(1)]), "inner": .map(["depth": .integer(2)]),
        ])

    @Test func gettersGiveValuesOfTheirType() throws {
        #expect(try configuration.text("name") == "ON")
        #expect(try configuration.integer("count") == 3)
        #expect(try configuration.number("share") == 0.5)
        #expect(try configuration.number("count") == 3)
        #expect(try configuration.boolean("flag"))
        #expect(try configuration.duration("wait") == .seconds(2))
        #expect(try configuration.secret("key").reveal() == "s")
        #expect(try configuration.texts("words") == ["a", "b"])
        #expect(try configuration.nested("inner").integer("depth") == 2)
        #expect(try configuration.nested("inner").instance == "provider/x")
        #expect(configuration.has("name"))
        #expect(!configuration.has("absent"))
    }

    @Test(arguments: [
        ("absent", "text"), ("flag", "text"), ("name", "a whole number"), ("share", "a whole number"),
        ("name", "a number"), ("name", "true or false"), ("count", "a duration"), ("name", "a secret"),
        ("name", "a list"), ("mixed", "a list of texts"), ("name", "a mapping"),
    ])
    func aGetterNamesInstanceOptionAndWhatIsWanted(name: String, wanted: String) {
        let error = #expect(throws: PluginError.self) { try get(name, wanted) }
        #expect(error?.code == .configuration)
        #expect(
            error?.message == "provider/x: '\(name)' has no value that is \(wanted). Set it in plugins.yaml.")
    }

    private func get(_ name: String, _ wanted: String) throws(PluginError) {
        switch wanted {
        case "text": _ = try configuration.text(name)
        case "a whole number": _ = try configuration.integer(name)
        case "a number": _ = try configuration.number(name)
        case "true or false": _ = try configuration.boolean(name)
        case "a duration": _ = try configuration.duration(name)
        case "a secret": _ = try configuration.secret(name)
        case "a mapping": _ = try configuration.nested(name)
        default: _ = try configuration.texts(name)
        }
    }

    @Test func schemaMakersSetTypeDefaultAndUnit() {
        let schema = ConfigurationSchema([
            .integer("period", 2...100, default: 14, unit: "bars", "Bars."),
            .number("weight", 0...1, default: 0.5, unit: "shares", "Weight."),
            .ratio("share", 0...1, default: 0.1, "Share."),
            .boolean("flag", default: true, "Flag."),
            .duration("wait", .seconds(1)...(.seconds(9)), default: .seconds(2), "Wait."),
            .choice("side", ["a", "b"], default: "a", "Side."),
            .text("name", isRequired: true, "Name."), .text("note", default: "n", "Note."),
            .path("file", default: "x.csv", "File."), .path("folder", isRequired: true, "Folder."),
            .secret("key", isRequired: true, "Key."),
        ])
        #expect(schema["period"]?.type == .integer(2...100))
        #expect(schema["period"]?.defaultValue == .integer(14))
        #expect(schema["period"]?.unit == "bars")
        #expect(schema["weight"]?.defaultValue == .number(0.5))
        #expect(schema["share"]?.type == .ratio(0...1))
        #expect(schema["flag"]?.defaultValue == .boolean(true))
        #expect(schema["wait"]?.defaultValue == .duration(.seconds(2)))
        #expect(schema["side"]?.type == .choice(["a", "b"]))
        #expect(schema["name"]?.defaultValue == nil && schema["name"]?.isRequired == true)
        #expect(schema["note"]?.defaultValue == .text("n"))
        #expect(schema["file"]?.type == .path && schema["file"]?.defaultValue == .text("x.csv"))
        #expect(schema["folder"]?.isRequired == true)
        #expect(schema["key"]?.type == .secret && schema["key"]?.defaultValue == nil)
        #expect(schema["absent"] == nil)
        #expect(ConfigurationFault(option: "a", "m").message == "m")
    }
}
