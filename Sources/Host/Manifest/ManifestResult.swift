package import PluginKit

/// What reading a manifest gave: the manifest where nothing is wrong, and everything there is to say.
package struct ManifestResult: Sendable {
    /// The manifest; `nil` where there is any fault.
    package let manifest: Manifest?
    /// Everything that is wrong, in the order of the file.
    package let faults: [ManifestFault]
    /// What works and was perhaps not meant, in the order of the file.
    package let warnings: [ManifestFault]
    /// Every plugin the manifest could name: those given, then those found in its plugin folder.
    package let plugins: [PluginType]

    /// All faults and warnings as text for a terminal, in the order of the file.
    package var report: String {
        (faults + warnings).sorted { ($0.line, $0.column) < ($1.line, $1.column) }.map(\.rendered)
            .joined(separator: "\n")
    }
}
