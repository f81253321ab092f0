package import PluginKit

/// Byte strings that wait on disk, first in, first out; implemented by storage. Calls may come from several tasks.
package protocol SpillFile: Sendable {
    /// Puts bytes at the end; `false` where all that wait would be more than `limit` bytes. Throws `.environment`.
    func append(_ bytes: [UInt8], limit: Int) throws(PluginError) -> Bool
    /// Takes out the bytes at the front; `nil` where nothing waits. Throws `.environment` or `.corrupted`.
    func next() throws(PluginError) -> [UInt8]?
    /// Forgets everything that waits.
    func clear()
}
