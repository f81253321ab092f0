import FoundationEssentials
import Glibc
import Synchronization

/// A server program that a test started; it ends with its owner, and with the test's process however that ends.
///
/// Programs are started by `popen`: Foundation's way lets them hold the pipes of all others that are started beside them, and then
/// waits for the last of these.
package final class LocalServer: Sendable {
    /// The number of its process.
    package let pid: Int32
    private let log: String
    private let keeper: Mutex<UnsafeMutablePointer<FILE>?>

    /// A shell keeps the server: it ends the server when its own input ends.
    private static func script(_ command: String, _ log: String, _ signal: String) -> String {
        """
        \(command) </dev/null >>\(log) 2>&1 &
        server=$!
        echo $server >\(log).pid
        read -r _
        kill -\(signal) $server
        for _ in $(seq 100); do [ -e /proc/$server/exe ] || break; sleep 0.1; done
        kill -KILL $server
        """
    }

    /// Starts a program with its words in a folder, where its output goes to `server.log`.
    ///
    /// - Parameter signal: what asks it to end.
    package init(_ command: [String], in folder: String, signal: String = "TERM") throws {
        log = "\(folder)/server.log"
        let numbers = "\(log).pid"
        unlink(numbers)
        let script = Self.script(Self.quoted(command), Self.quoted([log]), signal)
        let started = Self.open("cd \(Self.quoted([folder])) && exec 2>/dev/null; \(script)", "we")
        keeper = Mutex(started)
        var pid: Int32?
        for _ in 0..<1_000 where pid == nil {
            let text = (try? String(contentsOfFile: numbers, encoding: .utf8)) ?? ""
            pid = text.hasSuffix("\n") ? Int32(text.dropLast()) : nil
            if pid == nil { usleep(10_000) }
        }
        guard let pid else { throw CocoaError(.executableLoad) }
        self.pid = pid
    }

    deinit { end() }

    /// Ends it, and returns when it has ended.
    package func end() {
        guard let open = keeper.withLock({ $0.take() }) else { return }
        pclose(open)
    }

    /// Ends it as a crash does.
    package func crash() {
        kill(pid, SIGKILL)
        end()
    }

    /// Waits until something is so; throws what the server wrote where that does not come.
    package func wait(until isSo: () -> Bool) throws {
        for _ in 0..<600 {
            if isSo() { return }
            usleep(50_000)
        }
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw Unready(description: "the server did not become ready: \(said.suffix(2_000))")
    }

    private struct Unready: Error, CustomStringConvertible { let description: String }

    /// Returns a port of the loopback interface that is free now.
    package static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                _ = bind(descriptor, general, size)
                _ = getsockname(descriptor, general, &size)
            }
        }
        return Int(address.sin_port.bigEndian)
    }

    /// Runs a program to its end; returns its output, nil where it failed.
    @discardableResult
    package static func output(of command: [String]) -> String? {
        guard let pipe = open("exec env \(quoted(command)) 2>/dev/null </dev/null", "re") else { return nil }
        var (bytes, piece): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
        while case let count = fread(&piece, 1, piece.count, pipe), count > 0 { bytes += piece[..<count] }
        return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// Starts a shell that signals reach: the threads of tasks have all of them blocked, and what they start inherits that.
    private static func open(_ script: String, _ mode: String) -> UnsafeMutablePointer<FILE>? {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return popen(script, mode)
    }

    private static func quoted(_ words: [String]) -> String {
        words.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
    }
}
