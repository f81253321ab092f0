package import PluginKit

/// A named list of instruments: one entry of the key `instruments`.
package struct InstrumentGroup: Sendable {
    /// The group's id.
    package let id: String
    /// The instruments in the order of the file, none twice.
    package let instruments: [Instrument]
    /// The group's key.
    package let location: SourceSpan
}
