import PluginKit
import Testing

/// Sets of options that an indicator is tested with, made from its schema: nobody lists them.
struct SubjectOptions: Sendable, CustomTestStringConvertible {
    let name: String
    let values: [String: ConfigurationValue]
    let testDescription: String

    var configuration: Configuration { Configuration(instance: "indicator/\(name)", values: values) }

    /// Every indicator with its defaults, with all counts at their least, and with each word of each choice.
    static let all: [SubjectOptions] = Subjects.plugins.flatMap(sets)
    /// The same of those that read the quote beside a trade.
    static let quoted: [SubjectOptions] = Subjects.quoted.flatMap(sets)

    private static func sets(of plugin: PluginType) -> [SubjectOptions] {
        let options = plugin.descriptor.schema.options
        let name = plugin.descriptor.name
        var defaults: [String: ConfigurationValue] = [:]
        for option in options { defaults[option.name] = option.defaultValue }
        var sets = [SubjectOptions(name: name, values: defaults, testDescription: name)]
        func add(_ changes: [String: ConfigurationValue], _ what: String) {
            let values = defaults.merging(changes) { $1 }
            guard values != defaults, plugin.validate(Configuration(instance: name, values: values)).isEmpty else {
                return
            }
            sets.append(SubjectOptions(name: name, values: values, testDescription: "\(name) \(what)"))
        }
        var least: [String: ConfigurationValue] = [:]
        var next: [String: ConfigurationValue] = [:]
        for option in options {
            guard case .integer(let range) = option.type else { continue }
            // Each count one above the one before, so that what must rise in order does.
            least[option.name] = .integer(range.lowerBound)
            next[option.name] = .integer(range.lowerBound + next.count + 1)
        }
        add(least, "least")
        add(next, "small")
        for option in options {
            switch option.type {
            case .choice(let words):
                // Every word of a few. Sources and kinds of average are the same code in every indicator: each has another
                // one or two of them, by the length of its name. Candle patterns have tests of their own.
                for (place, word) in words.enumerated() where words.count <= 6 || (place + name.utf8.count) % 8 == 0 {
                    add([option.name: .text(word)], "\(option.name)=\(word)")
                }
            case .boolean:
                for value in [true, false] { add([option.name: .boolean(value)], "\(option.name)=\(value)") }
            default: break
            }
        }
        return sets
    }
}
