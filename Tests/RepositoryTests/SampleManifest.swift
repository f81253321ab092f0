import Builtin
import HostManifest
import TestSupport

/// A part of a manifest put into the shipped one, in place of the sections it has.
struct SampleManifest {
    private let sample: String

    init(_ sample: String) { self.sample = sample }

    /// Checks the whole.
    func load() throws -> ManifestResult {
        ManifestLoader(plugins: Builtin.plugins).load(text: try text(), file: "sample.yaml")
    }

    private func text() throws -> String {
        var sections = Self.sections(of: try Repository.text("plugins.yaml"))
        for (key, lines) in Self.sections(of: sample) { sections[key] = lines }
        if let provider = Self.firstID(in: Self.sections(of: sample)["providers"] ?? []) {
            sections["routes"] = ["routes:", "  daily: { from: [\(provider)] }"]
        }
        return sections.sorted { $0.key < $1.key }.flatMap(\.value).joined(separator: "\n") + "\n"
    }

    /// Returns the lines of each top-level key.
    private static func sections(of text: String) -> [String: [Substring]] {
        var sections: [String: [Substring]] = [:]
        var key = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if let first = line.first, first.isLetter { key = String(line.prefix { $0 != ":" }) }
            sections[key, default: []].append(line)
        }
        return sections
    }

    private static func firstID(in lines: [Substring]) -> Substring? {
        let keys = lines.dropFirst().filter { $0.hasPrefix("  ") && $0.dropFirst(2).first?.isLetter == true }
        return keys.first?.dropFirst(2).prefix { $0 != ":" }
    }
}
