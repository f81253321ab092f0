/// Makes inputs from seeds: bytes changed, cut out, doubled, put together from two seeds. The same seed gives the same inputs.
struct Mutator {
    private static let words = [
        "\n", "{", "}", "[", "]", ": ", "- ", "&a", "*a", "\"", "'", "\0", "\u{FEFF}", "|", "0", "1e999",
    ]
    private let seeds: [[UInt8]]
    private var state: UInt64

    /// Creates a mutator; an empty seed is always among the seeds.
    init(seeds: [[UInt8]], seed: UInt64) {
        self.seeds = seeds + [[]]
        state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493
    }

    /// Returns the next input.
    mutating func next() -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        if below(8) == 0 {
            let other = seeds[below(seeds.count)]
            bytes = Array(bytes.prefix(below(bytes.count + 1))) + Array(other.suffix(below(other.count + 1)))
        }
        for _ in 0...below(8) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = below(bytes.count + 1)
        let end = min(bytes.count, place + 1 + below(32))
        switch below(6) {
        case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random())
        case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
        case 2 where place < bytes.count: bytes.removeSubrange(place..<end)
        case 3 where place < bytes.count: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
        case 4: bytes.insert(contentsOf: Array(Self.words[below(Self.words.count)].utf8), at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: random()), at: place)
        }
    }

    private mutating func random() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    private mutating func below(_ limit: Int) -> Int { limit > 1 ? Int(random() % UInt64(limit)) : 0 }
}
