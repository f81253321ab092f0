import PluginKit

/// What was learned, as bytes that execute nothing: a mark, the features, the numbers, a checksum.
struct ExampleLinesArtifact: Sendable, Equatable {
    private static let mark = 0x3152_4D41_4E45_5331
    let features: [String]
    let label: Double
    let means: [Double]
    let slopes: [Double]

    init(features: [String], label: Double, means: [Double], slopes: [Double]) {
        (self.features, self.label, self.means, self.slopes) = (features, label, means, slopes)
    }

    /// The bytes.
    var bytes: [UInt8] {
        var writer = StateWriter()
        writer.write(Self.mark)
        writer.write(Self.id(features))
        writer.write(label)
        writer.write(means)
        writer.write(slopes)
        writer.write(Self.sum(writer.bytes))
        return writer.bytes
    }

    /// Reads bytes; throws `.corrupted` for damaged ones and for other features.
    init(_ bytes: [UInt8], features: [String]) throws(PluginError) {
        var reader = StateReader(bytes)
        _ = try reader.readInt(in: Self.mark...Self.mark)
        let id = try reader.readInt()
        label = try reader.readDouble()
        means = try reader.readDoubles(count: features.count)
        slopes = try reader.readDoubles(count: features.count)
        guard try reader.readInt() == Self.sum(bytes.dropLast(8)), reader.isAtEnd, id == Self.id(features) else {
            throw PluginError(.corrupted, "the artifact is damaged or of other features. Fit the model again.")
        }
        self.features = features
    }

    private static func id(_ features: [String]) -> Int { Int(bitPattern: UInt(FeatureSchema(names: features).id)) }

    private static func sum(_ bytes: some Sequence<UInt8>) -> Int {
        Int(bitPattern: bytes.reduce(UInt(14_695_981_039_346_656_037)) { ($0 ^ UInt($1)) &* 1_099_511_628_211 })
    }
}
