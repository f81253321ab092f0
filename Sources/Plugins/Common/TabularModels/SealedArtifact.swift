public import PluginKit

/// An artifact's bytes: a mark and a version, the identity of the features, what was learned, a checksum over all of it.
///
/// Whole numbers and numbers are 8 bytes, little-endian, as `StateWriter` writes them.
public struct SealedArtifact: Sendable {
    private let mark: [UInt8]
    private let owner: String

    /// Names a format.
    ///
    /// - Parameters:
    ///   - mark: at most 7 ASCII letters the bytes begin with.
    ///   - version: of the format, 1...255.
    ///   - owner: the model, `kind/id`; begins every message.
    public init(_ mark: String, version: UInt8 = 1, owner: String) {
        let letters = Array(mark.utf8.prefix(7))
        self.mark = letters + Array(repeating: 0, count: 7 - letters.count) + [version]
        self.owner = owner
    }

    /// Returns the bytes to store.
    public func seal(_ body: StateWriter, features: [String]) -> [UInt8] { seal(body.bytes, features: features) }

    /// Returns the bytes to store.
    public func seal(_ body: [UInt8], features: [String]) -> [UInt8] {
        var head = StateWriter()
        head.write(Self.identity(features))
        let bytes = mark + head.bytes + body
        var end = StateWriter()
        end.write(Self.checksum(bytes[...]))
        return bytes + end.bytes
    }

    /// Returns what was learned; throws `.corrupted` for other bytes, `.badRequest` where it was fitted on other features.
    public func open(_ bytes: [UInt8], features: [String]) throws(PluginError) -> [UInt8] {
        guard bytes.starts(with: mark.dropLast()) else { throw corrupted("does not begin with \(shownMark)") }
        guard bytes.count >= mark.count + 16 else { throw corrupted("ends after \(bytes.count) bytes") }
        guard bytes[mark.count - 1] == mark[mark.count - 1] else {
            throw corrupted("has version \(bytes[mark.count - 1]); read here is \(mark[mark.count - 1])")
        }
        var end = StateReader(Array(bytes.suffix(8)))
        guard try end.readInt() == Self.checksum(bytes.dropLast(8)) else { throw corrupted("has a wrong checksum") }
        var head = StateReader(Array(bytes[mark.count..<mark.count + 8]))
        guard try head.readInt() == Self.identity(features) else {
            throw PluginError(
                .badRequest,
                "\(owner): the artifact was fitted on other features than "
                    + "\(PluginError.quoted(features.joined(separator: ", "))). Fit it again on these features.")
        }
        return Array(bytes[(mark.count + 8)..<bytes.count - 8])
    }

    /// Reads what was learned with `read`, which must take all of it.
    public func read<Value>(
        _ bytes: [UInt8], features: [String], _ read: (inout StateReader) throws(PluginError) -> Value
    ) throws(PluginError) -> Value {
        var reader = StateReader(try open(bytes, features: features))
        let value: Value
        do { value = try read(&reader) } catch { throw corrupted("holds the wrong count of numbers", cause: error) }
        guard reader.isAtEnd else { throw corrupted("holds too many numbers") }
        return value
    }

    /// The fault of an artifact that was read and makes no sense: "the artifact `what`".
    public func corrupted(_ what: String, cause: (any Error)? = nil) -> PluginError {
        PluginError(.corrupted, "\(owner): the artifact \(what). Fit the model again.", cause: cause)
    }

    private var shownMark: String { "'\(String(decoding: mark.prefix { $0 != 0 }, as: UTF8.self))'" }

    private static func identity(_ features: [String]) -> Int {
        Int(Int64(bitPattern: FeatureSchema(names: features).id))
    }

    /// FNV-1a, 64 bits.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> Int {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int(Int64(bitPattern: hash))
    }
}
