import PluginKit

/// The artifact's bytes: `RIDGE` and a version, the identity of the features, the numbers, a checksum over all of it.
///
/// Whole numbers and numbers are 8 bytes, little-endian, as `StateWriter` writes them.
enum RidgeArtifact {
    private static let version = 1
    private static let mark = Array("RIDGE".utf8) + [0, 0, UInt8(version)]

    static func encode(_ solution: RidgeSolution, features: [String]) -> [UInt8] {
        var writer = StateWriter()
        writer.write(Int(Int64(bitPattern: FeatureSchema(names: features).id)))
        writer.write(solution.intercept)
        writer.write(solution.means)
        writer.write(solution.weights)
        let body = mark + writer.bytes
        var end = StateWriter()
        end.write(checksum(body[...]))
        return body + end.bytes
    }

    /// Reads an artifact; `.corrupted` for other bytes, `.badRequest` where it was fitted on other features.
    static func decode(_ bytes: [UInt8], features: [String]) throws(PluginError) -> RidgeSolution {
        guard bytes.starts(with: mark.dropLast()) else { throw corrupted("does not begin with 'RIDGE'") }
        guard bytes.count >= mark.count + 16 else { throw corrupted("ends after \(bytes.count) bytes") }
        guard bytes[mark.count - 1] == mark[mark.count - 1] else {
            throw corrupted("has version \(bytes[mark.count - 1]); read here is \(version)")
        }
        var end = StateReader(Array(bytes.suffix(8)))
        guard try end.readInt() == checksum(bytes.dropLast(8)) else { throw corrupted("has a wrong checksum") }
        return try read(StateReader(Array(bytes[mark.count..<bytes.count - 8])), features: features)
    }

    private static func read(_ body: StateReader, features: [String]) throws(PluginError) -> RidgeSolution {
        var reader = body
        guard UInt64(bitPattern: Int64(try reader.readInt())) == FeatureSchema(names: features).id else {
            throw PluginError(
                .badRequest,
                "model/ridge: the artifact was fitted on other features than "
                    + "\(PluginError.quoted(features.joined(separator: ", "))). Fit it again on these features.")
        }
        let solution: RidgeSolution
        do {
            solution = RidgeSolution(
                intercept: try reader.readDouble(), means: try reader.readDoubles(count: features.count),
                weights: try reader.readDoubles(count: features.count))
        } catch {
            throw corrupted("holds the wrong count of numbers", cause: error)
        }
        let numbers = [solution.intercept] + solution.means + solution.weights
        guard reader.isAtEnd, numbers.allSatisfy(\.isFinite) else {
            throw corrupted("holds numbers that are not finite, or too many")
        }
        return solution
    }

    /// FNV-1a, 64 bits.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> Int {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int(Int64(bitPattern: hash))
    }

    private static func corrupted(_ what: String, cause: (any Error)? = nil) -> PluginError {
        PluginError(.corrupted, "model/ridge: the artifact \(what). Fit the model again.", cause: cause)
    }
}
