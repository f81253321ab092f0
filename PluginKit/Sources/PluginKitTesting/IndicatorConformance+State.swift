import PluginKit

extension IndicatorConformance {
    /// State that was saved and restored, in a fresh or in a used instance, goes on with the same bits.
    public func snapshot() -> [ConformanceFinding] {
        check("snapshot") { report in
            var whole = try make()
            let expected = feed(events, to: &whole)
            for cut in cuts() {
                var first = try make()
                _ = feed(Array(events[..<cut]), to: &first)
                let saved = bytes(first)
                for (name, seen) in [("fresh", 0), ("used", events.count / 2)] {
                    var second = try make()
                    _ = feed(Array(events[..<seen]), to: &second)
                    var reader = StateReader(saved)
                    try second.restore(from: &reader)
                    if !reader.isAtEnd { report("restore after event \(cut) leaves bytes unread") }
                    if bytes(second) != saved { report("saved again after event \(cut), the bytes differ") }
                    let rows = feed(Array(events[cut...]), to: &second)
                    compare(
                        rows, expected, startingAt: cut, "restored after event \(cut) in a \(name) instance", report)
                }
            }
        }
    }

    /// A snapshot that was cut is refused; a damaged one is refused or gives numbers. What is refused changes nothing.
    public func damagedSnapshot() -> [ConformanceFinding] {
        check("damagedSnapshot") { report in
            var used = try make()
            _ = feed(Array(events[..<(events.count / 3)]), to: &used)
            let before = bytes(used)
            for cut in [events.count / 2, events.count] {
                var subject = try make()
                _ = feed(Array(events[..<cut]), to: &subject)
                let saved = bytes(subject)
                for length in lengths(saved.count) {
                    if restore(Array(saved[..<length]), in: used, before, report) {
                        report("a snapshot of \(saved.count) bytes cut to \(length) is taken; it must throw .corrupted")
                    }
                }
                // The layout is the same at every place: damage to one snapshot is enough.
                guard cut == events.count else { continue }
                for damaged in damages(saved) { _ = restore(damaged, in: used, before, report) }
            }
        }
    }

    /// `peek` gives what `update` will give and changes nothing.
    public func peek() -> [ConformanceFinding] {
        check("peek") { report in
            var subject = try make()
            let seen = WrittenRows(count: events.count, width: width) { base in
                var row = [Double](repeating: 0, count: width)
                row.withUnsafeMutableBufferPointer { buffer in
                    guard let given = buffer.baseAddress else { return }
                    for (index, event) in events.enumerated() {
                        let before = index % 16 == 0 ? bytes(subject) : nil
                        subject.peek(event, into: OutputRow(base: base + index * width, width: width))
                        if let before, bytes(subject) != before {
                            report("peek at event \(index + 1) changes the state")
                        }
                        _ = subject.update(event, into: OutputRow(base: given, width: width))
                    }
                }
            }
            var fed = try make()
            compare(seen, feedSingly(events, to: &fed), "peek before each update against updates alone", report)
        }
    }

    /// A copy is a value of its own: feeding one leaves the other as it was.
    public func copies() -> [ConformanceFinding] {
        check("copies") { report in
            for cut in cuts() {
                var original = try make()
                _ = feed(Array(events[..<cut]), to: &original)
                let before = bytes(original)
                var copy = original
                _ = feed(Array(events[cut...]), to: &copy)
                if bytes(original) != before { report("a run fed to a copy after event \(cut) changes the original") }
                copy = original
                for event in events[cut...].prefix(8) { _ = step(event, &copy) }
                if bytes(original) != before { report("events fed to a copy after event \(cut) change the original") }
            }
        }
    }

    /// Some places to stop at: the start, the end, and random ones.
    private func cuts() -> [Int] {
        var random = SeededNumbers(seed: seed &+ 1)
        return [0, 1, events.count] + (0..<5).map { _ in Int.random(in: 0...events.count, using: &random) }
    }

    /// Restores bytes into a copy of an instance that saves itself as `before`; returns whether it accepted them.
    private func restore(_ bytes: [UInt8], in used: Subject, _ before: [UInt8], _ report: Report) -> Bool {
        var subject = used
        var reader = StateReader(bytes)
        do {
            try subject.restore(from: &reader)
        } catch {
            if error.code != .corrupted { report("a damaged snapshot throws .\(error.code); it must throw .corrupted") }
            if self.bytes(subject) != before { report("a refused snapshot of \(bytes.count) bytes changes the state") }
            return false
        }
        // Numbers cannot be told from other numbers; what was accepted must still work for a window and more.
        let next = events.prefix(max(32, subject.warmUpLength + 2))
        _ = feed(Array(next), to: &subject)
        return true
    }

    private func lengths(_ count: Int) -> [Int] {
        let all = 0..<count
        return count <= 256 ? Array(all) : all.filter { $0 < 64 || $0 >= count - 64 || $0 % 97 == 0 }
    }

    /// Copies of the bytes with one word replaced, and random bytes.
    private func damages(_ saved: [UInt8]) -> [[UInt8]] {
        var random = SeededNumbers(seed: seed &+ 2)
        let words: [UInt64] = [
            0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, Double.nan.bitPattern,
            Double.infinity.bitPattern, Double.greatestFiniteMagnitude.bitPattern, random.next(),
        ]
        var copies: [[UInt8]] = []
        for start in stride(from: 0, to: min(saved.count, 256) / 8 * 8, by: 8) {
            for word in words {
                var copy = saved
                for byte in 0..<8 { copy[start + byte] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(byte))) }
                copies.append(copy)
            }
        }
        copies.append(saved.map { _ in UInt8.random(in: .min ... .max, using: &random) })
        return copies
    }
}
