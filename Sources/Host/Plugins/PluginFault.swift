/// Why a plugin that was not compiled in is refused; the host goes on without it.
package struct PluginFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reasons.
    package enum Code: String, Sendable, Hashable {
        /// A file or folder is missing, unreadable or of the wrong sort.
        case file
        /// Others than its owner can change it.
        case writableByOthers = "writable_by_others"
        /// Not an ELF file, or not a shared library.
        case notALibrary = "not_a_library"
        /// Made for another processor or system.
        case wrongArchitecture = "wrong_architecture"
        /// It has no entry.
        case noEntry = "no_entry"
        /// Built with a kit of another binary interface.
        case wrongABI = "wrong_abi"
        /// Built with another version of the Swift compiler.
        case wrongCompiler = "wrong_compiler"
        /// It brings a copy of the kit.
        case duplicatedKit = "duplicated_kit"
        /// The system's loader refuses it for another reason.
        case unloadable
        /// Its program ended, or did not answer; the next start of it may.
        case noAnswer = "no_answer"
        /// `plugin.yaml` is not one.
        case manifest
        /// What is installed is not what was locked, or was never locked.
        case notLocked = "not_locked"
        /// An archive, folder or repository holds what is not allowed.
        case unsafe
        /// A program the host needs failed or is missing.
        case command
        /// The user did not accept.
        case declined
    }

    /// The reason.
    package let code: Code
    /// Who: what is wrong; what is allowed. What to do.
    package let message: String

    /// Creates a fault.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
