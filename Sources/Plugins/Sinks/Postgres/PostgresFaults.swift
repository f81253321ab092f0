import PluginKit

/// Turns what PostgreSQL and libpq report into an error a user can act on: who, what, where, what to do.
struct PostgresFaults: Sendable {
    /// Begins every message: `sink/keep`.
    let who: String
    /// The server and database, without anything secret: `localhost:5432/market`.
    let place: String
    let user: String
    let schema: String

    /// Returns the error for a connection that did not come about.
    ///
    /// - Parameters:
    ///   - said: libpq's words, verbose, so that the server's part has its state.
    ///   - needsPassword: whether the server asked for a password and none was given.
    func connecting(_ said: String, needsPassword: Bool) -> PluginError {
        let line = said.split(separator: "\n").first.map(String.init) ?? "no reason given"
        if needsPassword {
            return error(.auth, "asks \(PluginError.quoted(user)) for a password", "Set 'password' to a secret.")
        }
        if let (state, words) = Self.state(in: line) { return answered(state, words) }
        // A connection that ends says so in words of TLS too.
        if line.contains("SSL") || line.contains("certificate"), !line.contains("SYSCALL") {
            return error(
                .environment, "cannot be spoken to over TLS (\(PluginError.shown(line)))",
                "Change 'tls' or 'tls_ca', or the server's certificate.")
        }
        return error(
            .transient, "cannot be reached (\(PluginError.shown(line)))",
            "Start the server, or correct 'host' and 'port'.")
    }

    /// Returns the error for a state that the server answered with: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    func answered(_ state: String, _ said: String) -> PluginError {
        let words = "(\(PluginError.shown(said)), SQLSTATE \(state))"
        switch state {
        case "28P01", "28000": return error(.auth, "refuses \(PluginError.quoted(user)) \(words)", Remedy.login)
        case "3D000": return error(.configuration, "is not there \(words)", Remedy.database)
        case "42501":
            let grant =
                "Run there: GRANT ALL ON SCHEMA \"\(schema)\" TO \"\(user)\", or CREATE ON DATABASE to make the schema."
            return error(.permission, "does not let \(PluginError.quoted(user)) do this \(words)", grant)
        case "53100": return error(.environment, "cannot grow: the server's disk is full \(words)", Remedy.disk)
        case "25006": return error(.environment, "can only be read \(words)", Remedy.standby)
        case "42P01", "42703": return error(.corrupted, "lost a table of this sink \(words)", Remedy.dropped)
        case _ where state.hasPrefix("XX"): return error(.corrupted, "is damaged \(words)", Remedy.log)
        case _ where Self.passing.contains { state.hasPrefix($0) }:
            return error(.transient, "is not ready \(words)", Remedy.again)
        default: return error(.environment, "refuses to store records \(words)", Remedy.log)
        }
    }

    /// Returns an error of a class with a fact and a remedy.
    func error(_ code: PluginError.Code, _ fact: String, _ remedy: String) -> PluginError {
        PluginError(code, "\(who): PostgreSQL at \(PluginError.quoted(place)) \(fact). \(remedy)")
    }

    /// Classes of states that pass: connection lost, conflicts, connections used up, shut down, another one made the table first.
    private static let passing = ["08", "40", "53", "57", "55", "23505", "42P06", "42P07", "42701", "42710"]

    private enum Remedy {
        static let login = "Correct 'user' and 'password', or let the user in (pg_hba.conf)."
        static let database = "Run `createdb` there, or correct 'database'."
        static let disk = "What was stored before is whole. Free space there; the host goes on by itself."
        static let standby = "It is a standby: set 'host' to the primary."
        static let dropped =
            "A table was dropped or changed while the host wrote to it: its rows are gone. Stop the host and start it: the table is made "
            + "anew and given everything again."
        static let log = "Look at the server's log."
        static let again = "Nothing is to be done: the host tries again."
    }

    /// Finds `  28P01: ` in libpq's words; severities come in the server's language, and none has a digit.
    private static func state(in line: String) -> (state: String, words: String)? {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated().dropLast() {
            let word = part.drop { $0 == " " }
            guard word.utf8.count == 5, word.utf8.allSatisfy(isOfState), word.utf8.contains(where: isDigit) else {
                continue
            }
            let words = parts[(index + 1)...].joined(separator: ":")
            return (String(word), String(words.drop { $0 == " " }))
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isOfState(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
