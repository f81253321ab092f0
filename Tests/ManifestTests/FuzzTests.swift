import HostManifest
import PluginKit
import Testing

@Suite struct FuzzTests {
    /// A small generator with a fixed seed (SplitMix64).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Loads bytes and checks what holds of every result.
    private func check(_ bytes: [UInt8]) {
        let result = ManifestLoader(plugins: fakePlugins)
            .load(bytes, file: "plugins.yaml", environment: [:], baseDirectory: "/nonexistent")
        #expect((result.manifest == nil) == !result.faults.isEmpty)
        for fault in result.faults {
            #expect(fault.line >= 1 && fault.column >= 1 && fault.length >= 0 && !fault.message.isEmpty)
            #expect(!fault.rendered.isEmpty)
        }
    }

    @Test func survivesTruncationAtEachByte() {
        let bytes = Array(sample.utf8)
        for count in bytes.indices { check(Array(bytes[..<count])) }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func survivesRandomMutations(_ seed: UInt64) {
        var generator = Generator(state: seed)
        let original = Array(sample.utf8)
        let marks = Array("{}[]:,-#&*!|>'\"%@`~ \n\t$\\?<0".utf8)
        for _ in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes[position] = marks.randomElement(using: &generator) ?? 0
                case 2: bytes.remove(at: position)
                default: bytes.insert(marks.randomElement(using: &generator) ?? 0, at: position)
                }
            }
            check(bytes)
        }
    }

    @Test func survivesRandomBytes() {
        var generator = Generator(state: 99)
        for _ in 0..<500 {
            check(
                (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                })
        }
    }

    @Test func survivesEditsOfMutations() {
        var generator = Generator(state: 7)
        let marks = Array("{}[]:,-#&'\" \n?".utf8)
        for _ in 0..<500 {
            var bytes = Array(sample.utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = marks.randomElement(using: &generator) ?? 0
            let text = String(decoding: bytes, as: UTF8.self)
            let edit = try? ManifestEditor(file: "plugins.yaml").setEnabled(false, instance: "macd", in: text)
            if let edit { #expect(edit.text.contains("enabled: false")) }
        }
    }

    @Test(arguments: ["[", "{", "- ", "? ", "a: ", "'", "\"", "!", "&a ", "|\n", "{a: [", "# \n", "${", "k\n", "长: "])
    func endsOnPathologicalInput(_ unit: String) {
        check(Array(String(repeating: unit, count: 4_000).utf8))
        check(Array(("version: 1\nproviders: " + String(repeating: unit, count: 4_000)).utf8))
    }
}
