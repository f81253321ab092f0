import Glibc
import Testing

extension Sandbox {
    /// Kills a process once a file has more lines than some, and waits for its end.
    ///
    /// A shell watches the file: the threads of the tests may all be busy for longer than the run takes.
    func kill(_ child: Child, once path: String, has lines: Int) async throws {
        let script = """
            while kill -0 \(child.pid) 2>/dev/null && [ "$(wc -l <'\(path)' 2>/dev/null || echo 0)" -le \(lines) ]; do
                sleep 0.01
            done
            kill -KILL \(child.pid)
            """
        let watch = try start(["-c", script], program: "/bin/sh")
        let code = try await child.exitCode()
        #expect(code == -SIGKILL, "it ended before it had written \(lines) lines\(child.trace)")
        try await watch.exitCode()
    }
}
