import FoundationEssentials
import Glibc
import Testing

/// A host that was started on a terminal.
@Suite struct TerminalTests {
    /// `forkpty` is for Python: a test process with threads must not fork.
    private static let opener = """
        import os, pty, sys, time
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(sys.argv[1])
            os.execv(sys.argv[2], [sys.argv[2], "run", "--listen", "127.0.0.1:0"])
        seen = b""
        while b"Serving on" not in seen:
            seen += os.read(terminal, 65536)
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        print(os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))

        """

    @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"))
    func closingTheTerminalStopsTheHost() async throws {
        try await Sandbox.with { box in
            try box.write(Self.opener, to: "terminal.py")
            let outcome = try await box.runOther("/usr/bin/python3", "terminal.py", box.folder, Program.path)
            #expect(outcome.code == 0, "\(outcome.err)")
            #expect(outcome.out == "0\n", "\(outcome.out)")
            #expect(try await box.run("run", "--once").code == 0)
        }
    }
}
