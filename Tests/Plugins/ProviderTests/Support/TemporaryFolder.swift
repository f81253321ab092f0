import Glibc
import TestSupport

extension TemporaryFolder {
    /// Writes a file, making its folder; returns its path.
    @discardableResult func write(_ name: String, _ bytes: [UInt8]) throws -> String { try write(bytes, to: name) }

    /// Writes a text as UTF-8.
    @discardableResult func write(_ name: String, _ text: String) throws -> String { try write(text, to: name) }

    /// Writes a file under another name and puts it in the place of this one, as programs that replace files do.
    func replace(_ name: String, _ text: String) throws { rename(try write(text, to: "\(name).new"), file(name)) }
}
