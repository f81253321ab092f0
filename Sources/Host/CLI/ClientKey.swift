import Glibc
import HostManifest

/// The key that the commands show to a host in place of its token: `PENSTOCK_KEY`, or the text of the file that
/// `PENSTOCK_KEY_FILE` names.
enum ClientKey {
    /// The key; `nil` where neither is set.
    static let found: String? = {
        if let key = variable("PENSTOCK_KEY") { return plain(key) }
        guard let file = variable("PENSTOCK_KEY_FILE") else { return nil }
        guard let bytes = try? SmallFile.read(file, limit: 4_096) else {
            Output.warning("'PENSTOCK_KEY_FILE' is '\(file)', which cannot be read; the host is asked without it.")
            return nil
        }
        return plain(String(decoding: bytes, as: UTF8.self))
    }()

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The first line without spaces: nothing that could begin another field of the request.
    private static func plain(_ text: String) -> String {
        String(text.prefix { !$0.isNewline }.filter { $0.isASCII && $0 > " " && $0 != "\u{7F}" })
    }
}
