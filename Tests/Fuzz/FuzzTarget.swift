import Glibc
import HostManifest
import HostPlugins
import Indicators
import PluginKit
import StdioProtocol

/// What is fed: a parser of bytes from outside. A crash, or a claim that does not hold, is a finding.
enum FuzzTarget: String, CaseIterable {
    /// Messages of a plugin's process.
    case frames
    /// `plugins.yaml`.
    case manifest
    /// `plugin.yaml`.
    case plugin

    /// The target named by `PENSTOCK_FUZZ_TARGET`.
    static let chosen: FuzzTarget = {
        let name = getenv("PENSTOCK_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            print("fuzz: PENSTOCK_FUZZ_TARGET is '\(name)'; allowed \(allCases.map(\.rawValue)).")
            exit(2)
        }
        return target
    }()

    /// Feeds one input.
    func feed(_ bytes: [UInt8]) {
        switch self {
        case .frames: Self.feedFrames(bytes)
        case .manifest: Self.feedManifest(bytes)
        case .plugin: Self.feedPlugin(bytes)
        }
    }

    private static let limits = ProtocolLimits(line: 1 << 16, frame: 1 << 16)
    private static let loader = ManifestLoader(plugins: [.indicator(SMA.self), .indicator(MACD.self)])

    /// However the bytes are cut, the same messages come out, and what is written again reads back the same.
    private static func feedFrames(_ bytes: [UInt8]) {
        let whole = messages(bytes, [bytes.count])
        // Compared as they are written: NaN is not equal to itself.
        let pieces = messages(bytes, [1, 7, 33])
        claim(
            whole.map { $0.encoded(.binary) } == pieces.map { $0.encoded(.binary) },
            "cut in pieces, other messages come out")
        for message in whole {
            let written = message.encoded(.binary)
            claim(
                messages(written, [written.count]).map { $0.encoded(.binary) } == [written],
                "a message changes when written")
        }
    }

    private static func messages(_ bytes: [UInt8], _ pieces: [Int]) -> [Message] {
        var decoder = MessageDecoder(limits: limits)
        var found: [Message] = []
        var (start, turn) = (0, 0)
        while start < bytes.count {
            let end = min(bytes.count, start + max(1, pieces[turn % pieces.count]))
            decoder.feed(bytes[start..<end])
            while let message = try? decoder.next() { found.append(message) }
            claim(decoder.waiting <= 2 * (limits.line + limits.frame) + end - start, "the decoder keeps too much")
            (start, turn) = (end, turn + 1)
        }
        return found
    }

    /// A manifest is read or every fault of it has a place; a report can be made of any.
    private static func feedManifest(_ bytes: [UInt8]) {
        let result = loader.load(bytes, asIf: "plugins.yaml", environment: [:])
        claim(result.manifest != nil || !result.faults.isEmpty, "a manifest is refused without a fault")
        claim(!result.report.isEmpty || result.faults.isEmpty, "faults without a report")
    }

    private static func feedPlugin(_ bytes: [UInt8]) {
        do {
            let manifest = try PluginManifest.parse(bytes)
            claim(!manifest.version.isEmpty, "a version is empty")
        } catch {
            claim(!error.message.isEmpty, "a fault without a message")
        }
    }

    private static func claim(_ holds: Bool, _ what: String) {
        guard !holds else { return }
        print("fuzz: \(what)")
        fflush(nil)
        abort()
    }
}
