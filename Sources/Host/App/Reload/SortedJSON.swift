import FoundationEssentials

/// JSON with its keys in order, so that equal values are equal texts.
enum SortedJSON {
    /// Returns a value as one line of JSON; nothing where a number in it is not finite.
    static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map(Array.init) ?? []
    }
}
