import Glibc

#if FUZZER
/// What the compiler's fuzzer calls with inputs that reach new code.
@_cdecl("LLVMFuzzerTestOneInput") public func feedOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzTarget.chosen.feed(bytes.map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? [])
    return 0
}
#else
/// Without the compiler's fuzzer: seeded mutations of the seeds, as many as fit into the time.
///
/// Arguments: seconds, the seed of the random numbers, a file for the input that is fed, files with seeds.
@main struct Fuzz {
    static func main() {
        let words = CommandLine.arguments.dropFirst()
        guard words.count > 3, let seconds = Int(words[1]), let seed = UInt64(words[2]) else {
            print("fuzz: allowed SECONDS SEED FILE SEEDS...")
            exit(2)
        }
        let current = open(words[3], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        var mutator = Mutator(seeds: words.dropFirst(3).map(read), seed: seed)
        let end = ContinuousClock.now + .seconds(seconds)
        var count = 0
        while ContinuousClock.now < end {
            let input = mutator.next()
            // A crash leaves it in the file.
            ftruncate(current, off_t(input.count))
            _ = input.withUnsafeBytes { pwrite(current, $0.baseAddress, $0.count, 0) }
            FuzzTarget.chosen.feed(input)
            count += 1
        }
        print("fuzz: \(FuzzTarget.chosen.rawValue): \(count) inputs in \(seconds) s, no finding (seed \(seed))")
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
#endif
