import CProcessLauncher
import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import Synchronization
import Testing

/// What a plugin's process may do to the host and to the machine, and what is left of it.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct ConfinementTests {
    private static let calls = "\(ProcessFixture.root)/Tests/Fixtures/Process/confined_calls.py"

    /// Runs a program as a plugin's and returns what became of it, as the host would say.
    private func saying(_ fixture: ProcessFixture, _ command: ProcessCommand) -> String {
        let error = #expect(throws: PluginError.self) { try fixture.plugin(command).describe() }
        return error?.message ?? ""
    }

    @Test(
        .enabled(if: penstock_filters_calls() != 0, "the system-call filter is not known on this architecture"),
        arguments: [true, false])
    func refusesEveryCallThatChangesAnotherProcess(hasFileRules: Bool) throws {
        let fixture = try ProcessFixture()
        var command = fixture.command(["/usr/bin/python3", Self.calls, "\(getpid())"])
        command.restrictsFiles = hasFileRules
        command.readable.append("\(ProcessFixture.root)/Tests/Fixtures")
        let said = saying(fixture, command)
        // Where the kernel keeps signals inside the plugin, it is the kernel that refuses them.
        #expect(said.contains("refused all"), "\(said)")
    }

    @Test(.enabled(if: penstock_filters_calls() != 0, "the system-call filter is not known on this architecture"))
    func opensInternetSocketsAloneWhereTheNetworkIsGranted() throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(
            """
            import socket
            def can(family, kind):
                try: socket.socket(family, kind).close(); return "y"
                except OSError: return "n"
            kinds = [(socket.AF_INET, 1), (socket.AF_INET6, 1), (socket.AF_UNIX, 1), (socket.AF_UNIX, 2), (17, 3), (40, 1)]
            print("can " + "".join(can(*kind) for kind in kinds), file=sys.stderr); sys.exit(1)
            """)
        command.allowsNetwork = true
        let said = saying(fixture, command)
        #expect(said.contains("can yynnnn") || said.contains("can ynnnnn"), "\(said)")
    }

    @Test(arguments: ["", "os.setsid()\n    ", "os.setsid()\n    if os.fork(): os._exit(0)\n    "])
    func endsTheChildrenOfAProgramWithIt(_ leaving: String) async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            """
            if os.fork() == 0:
                \(leaving)open("child", "w").write(str(os.getpid())); os.rename("child", "forked")
                while True: signal.pause()
            while not os.path.exists("forked"): time.sleep(0.001)
            sys.exit(1)
            """)
        #expect(saying(fixture, command).contains("status 1"))
        #expect(ProcessFixture.isGone(try fixture.process("forked")))
    }

    @Test func endsTheChildrenOfAProgramThatIsStopped() async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            """
            greet()
            if os.fork() == 0:
                os.setsid()
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                open("child", "w").write(str(os.getpid())); os.rename("child", "forked")
                while True: signal.pause()
            while not os.path.exists("forked"): time.sleep(0.001)
            message = read(); answer("result", message["id"])
            while True: read()
            """)
        let sink = try fixture.sink(command)
        try await sink.probe()
        await sink.stop()
        #expect(ProcessFixture.isGone(try fixture.process("forked")))
    }

    @Test func endsAProgramThatIsTooManyProcesses() throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(
            """
            for _ in range(40):
                if os.fork() == 0:
                    while True: signal.pause()
            while True: signal.pause()
            """)
        command.processes = 10
        #expect(saying(fixture, command).contains("more than the 10 processes allowed"))
    }

    @Test func endsProcessesThatTogetherUseMoreMemoryThanOneMay() throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(
            """
            for _ in range(4):
                if os.fork() == 0:
                    own = bytearray(os.urandom(1 << 20) * 100)
                    while True: signal.pause()
            while True: signal.pause()
            """)
        command.memoryBytes = 256 << 20
        #expect(saying(fixture, command).contains("together used more than the 256 MiB of memory allowed"))
    }

    /// Pages that children share with their parent count once.
    @Test func letsChildrenShareWhatOneHas() throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(
            """
            own = bytearray(os.urandom(1 << 20) * 100)
            for _ in range(6):
                if os.fork() == 0:
                    while True: signal.pause()
            time.sleep(2.5)
            print("lived", file=sys.stderr); sys.exit(1)
            """)
        command.memoryBytes = 256 << 20
        #expect(saying(fixture, command).contains("lived"))
    }

    @Test func endsProcessesThatTogetherUseMoreProcessorTimeThanOneMay() throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(
            """
            def burn():
                end = time.process_time() + 0.7
                while time.process_time() < end: pass
            while True:
                child = os.fork()
                if child == 0:
                    burn(); os._exit(0)
                other = os.fork()
                if other == 0:
                    burn(); os._exit(0)
                os.waitpid(child, 0); os.waitpid(other, 0)
            """)
        command.cpuSeconds = 3
        #expect(saying(fixture, command).contains("together used more than the 3 s of processor time allowed"))
    }

    @Test func endsAProgramThatFillsTheDisk() throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(
            """
            with open("big", "wb") as file: file.write(bytes(3 << 20)); file.flush(); os.fsync(file.fileno())
            while True: signal.pause()
            """)
        command.diskBytes = 1 << 20
        let said = saying(fixture, command)
        #expect(
            said.contains("its state folder '\(command.stateDirectory)' is larger than the 1 MiB allowed; remove what"))
    }

    @Test func saysWhatToTypeWhereAPackageOfPythonIsMissing() throws {
        let fixture = try ProcessFixture()
        let said = saying(fixture, try fixture.script("import a_package_nobody_has\n"))
        #expect(said.contains("No module named") && said.contains("penstock plugins install"), "\(said)")
        #expect(said.hasSuffix(".venv/bin/pip install --requirement requirements.txt`."), "\(said)")
    }

    @Test func saysTheLineOfAFaultInTheProgram() throws {
        let fixture = try ProcessFixture()
        let said = saying(fixture, try fixture.script("x = 1\ndef f(:\n    pass\n"))
        #expect(said.contains("plugin.py\", line ") && said.contains("SyntaxError"), "\(said)")
    }

    @Test func limitsWhatAProgramLogsByMessageLikeItsStandardError() async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            """
            greet()
            message = read()
            for _ in range(2000):
                answer("log", 0, level="info", message="m" * 3000, data={str(i): "d" for i in range(20)})
            answer("result", message["id"])
            while True: read()
            """)
        let sink = try fixture.sink(command)
        try await sink.probe()
        await sink.stop()
        let all = fixture.logs.withLock { $0 }
        // A hundred a second, in the few seconds the machine takes to send two thousand.
        #expect(all.count < 1_500)
        #expect(all.contains { $0.contains("more lines were dropped") })
        #expect(all.allSatisfy { $0.utf8.count <= 2_000 })
        #expect(fixture.tags.withLock { $0 }.allSatisfy { $0.count <= 16 })
    }
}
