import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import Synchronization
import Testing

/// Each case is a plugin that misbehaves when it is written to; the host must say what happened and go on.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct ContainmentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let says: String
        /// How long it may take to answer.
        var patience = Duration.seconds(60)
        var testDescription: String { name }
    }

    private static let sink = """
        plain = read
        def read():
            # A process that is idle for long, as on a busy machine, is pinged.
            message = plain()
            while message["type"] == "ping": answer("result", message["id"]); message = plain()
            return message
        message = read(); answer("hello", message["id"], version=2, frames_form="json")
        message = read()
        if message["type"] == "describe":
            answer("result", message["id"], descriptor={"kind": "sink", "name": "bad", "summary": "", "options": [],
                                                       "accepts": ["bars"]})
            read(); sys.exit(0)
        answer("result", message["id"])
        message = read()

        """

    static let cases: [Case] = [
        Case(name: "exit", body: "sys.exit(3)", says: "status 3"),
        Case(name: "crash", body: "os.abort()", says: "signal 6"),
        Case(
            name: "hang", body: "while True: signal.pause()", says: "not answered in time", patience: .milliseconds(300)
        ),
        Case(name: "garbage", body: "print('Traceback', flush=True); read(); read()", says: "'Traceback'"),
        Case(
            name: "huge line", body: "sys.stdout.write('{' + ' ' * (5 << 20)); sys.stdout.flush(); read()",
            says: "bytes"),
        Case(
            name: "huge frame",
            body: """
                import struct
                sys.stdout.write('{"type":"result","id":%d,"frames":1}\\n' % message["id"]); sys.stdout.flush()
                os.write(1, struct.pack("<4sHHQIIQ", b"\\xf5PS1", 6, 1, message["id"], 1, 0, 1 << 60)); read()
                """, says: "too_large"),
        Case(
            name: "truncated frame",
            body: """
                sys.stdout.write('{"type":"result","id":%d,"frames":1}\\n' % message["id"]); sys.stdout.flush()
                os.write(1, b"\\xf5PS1"); sys.exit(0)
                """, says: "truncated"),
        Case(
            name: "flood", body: "while True: sys.stdout.write('{\"type\":\"log\",\"message\":\"x\"}\\n')",
            says: "nobody asked|not answered", patience: .seconds(5)),
        Case(name: "unknown answer", body: "answer('result', 999); read()", says: "999"),
        Case(name: "other sequence", body: "answer('result', message['id'], sequence=99); read()", says: "sequence"),
        Case(
            name: "fault it reports", body: "answer('error', message['id'], code='auth', message='no key'); read()",
            says: "no key"),
        Case(
            name: "memory",
            body: """
                keep = []
                while True: keep.append(bytearray(1 << 24))
                """, says: "status|signal|MemoryError"),
        Case(
            name: "half a frame, then silence",
            body: """
                sys.stdout.write('{"type":"result","id":%d,"frames":1}\\n' % message["id"]); sys.stdout.flush()
                os.write(1, b"\\xf5PS1\\x06"); signal.pause()
                """, says: "not answered in time", patience: .milliseconds(300)),
        Case(
            name: "a frame of 2 GB",
            body: """
                import struct
                sys.stdout.write('{"type":"result","id":%d,"frames":1}\\n' % message["id"]); sys.stdout.flush()
                os.write(1, struct.pack("<4sHHQIIQ", b"\\xf5PS1", 6, 1, message["id"], 1, 0, 2 << 30)); read()
                """, says: "too_large"),
        Case(
            name: "closes its output and lives", body: "os.close(1); signal.pause()",
            says: "signal 9", patience: .milliseconds(300)),
        Case(
            name: "closes its input and lives", body: "os.close(0); signal.pause()", says: "not answered in time",
            patience: .milliseconds(300)),
        Case(
            name: "standard error without end", body: "while True: os.write(2, b'x' * 65536)",
            says: "not answered in time", patience: .milliseconds(300)),
        Case(
            name: "a fault of 3 MB",
            body: "answer('error', message['id'], code='transient', message='no ' * (1 << 20)); read()", says: "no no"),
        Case(
            name: "log lines of 3 MB",
            body: """
                for _ in range(8): print(json.dumps({"type": "log", "level": "info", "message": "x" * (3 << 20)}), flush=True)
                sys.exit(3)
                """, says: "status 3", patience: .seconds(60)),
        Case(
            name: "100,000 log lines",
            body: """
                for _ in range(100_000): print('{"type":"log","level":"info","message":"x"}')
                sys.stdout.flush(); sys.exit(3)
                """, says: "nobody asked|status 3", patience: .seconds(60)),
        Case(
            name: "fork",
            body: """
                if os.fork() == 0:
                    open("child", "w").write(str(os.getpid())); os.rename("child", "forked")
                    while True: signal.pause()
                while not os.path.exists("forked"): pass
                os._exit(1)
                """, says: "status 1"),
    ]

    @Test(arguments: cases) func containsAPluginThatMisbehaves(_ trouble: Case) async throws {
        let fixture = try ProcessFixture()
        var command = try fixture.script(Self.sink + trouble.body)
        command.memoryBytes = 256 << 20
        var plugin = fixture.plugin(command, budget: 2)
        let descriptor = try plugin.describe().descriptor
        plugin.deadlines.exchange = trouble.patience
        let type = plugin.type(descriptor)
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let sink = try make(Configuration(instance: "sink/bad", values: [:]), fixture.context)
        let start = ContinuousClock.now
        let error = await #expect(throws: PluginError.self) { try await sink.write(recordBatch(bars(3))) }
        let message = error?.message ?? ""
        #expect(trouble.says.split(separator: "|").contains { message.contains($0) }, "\(message)")
        #expect(message.hasPrefix("sink/bad: "))
        // Whatever it wrote: what is handed on of it is little.
        #expect(message.utf8.count < 8_000)
        await sink.stop()
        // A hundred lines a second and a notice, from when it was first written to until it had ended.
        let seconds = Int(start.duration(to: .now).components.seconds) + 2
        let logs = fixture.logs.withLock { $0 }
        #expect(logs.count <= 101 * (seconds + 1) && logs.allSatisfy { $0.utf8.count < 8_000 }, "\(logs.count)")
        if trouble.name == "fork" {
            let text = try String(contentsOfFile: "\(fixture.folder)/forked", encoding: .utf8)
            let process = try #require(Int32(text))
            #expect(ProcessFixture.isGone(process))
        }
    }

    @Test func quarantinesAPluginThatFailsTooOften() async throws {
        let fixture = try ProcessFixture()
        let plugin = fixture.plugin(try fixture.script(Self.sink + "sys.exit(3)"), budget: 3)
        let type = try plugin.describe()
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let sink = try make(Configuration(instance: "sink/bad", values: [:]), fixture.context)
        fixture.states.withLock { $0 = [] }
        var error: PluginError?
        for _ in 0..<6 where error?.code != .environment {
            error = await #expect(throws: PluginError.self) { try await sink.write(recordBatch(bars(1))) }
        }
        #expect(error?.message.contains("quarantined after 3 faults") == true)
        let states = fixture.states.withLock { $0 }
        guard case .quarantined = states.last else {
            Issue.record("\(states)")
            return
        }
    }

    @Test func aSecondAnswerToOneRequestEndsTheProcess() async throws {
        let fixture = try ProcessFixture()
        let body = "for _ in range(2): answer('result', message['id'])\nread(); read()"
        let plugin = fixture.plugin(try fixture.script(Self.sink + body))
        guard case .sink(let make) = try plugin.describe().maker else {
            throw PluginError(.unsupported, "test: no sink.")
        }
        let sink = try make(Configuration(instance: "sink/bad", values: [:]), fixture.context)
        try await sink.probe()
        #expect(await fixture.firstFault().contains("the request 3 was answered twice"))
        await sink.stop()
    }

    @Test func aProcessThatIsOnlyAskedAboutOptionsSaysNothingOfTheInstance() throws {
        let fixture = try ProcessFixture()
        let type = try fixture.plugin(try fixture.script(Self.sink)).describe()
        _ = type.validate(Configuration(instance: "sink/bad", values: [:]))
        #expect(fixture.states.withLock { $0 }.isEmpty)
    }

    @Test func refusesAnotherVersion() throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script("m = read(); answer('hello', m['id'], version=7); read()")
        let error = #expect(throws: PluginError.self) { try fixture.plugin(command).describe() }
        #expect(error?.code == .unsupported)
    }

    @Test func saysThatTheProgramIsMissing() throws {
        let fixture = try ProcessFixture()
        let error = #expect(throws: PluginError.self) {
            try fixture.plugin(fixture.command(["no-such-program"])).describe()
        }
        #expect(error?.code == .environment)
    }

    @Test(arguments: ["signal.pause()", "os.write(1, b'x' * 65536)", "os.write(1, b'{\"type\":\"log\"}\\n' * 4096)"])
    func endsAProcessThatIgnoresStop(_ afterwards: String) async throws {
        let fixture = try ProcessFixture()
        let body = """
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            open("process", "w").write(str(os.getpid()))
            answer("result", message["id"])
            sys.stdin.readline()
            while True: \(afterwards)
            """
        let type = try fixture.plugin(try fixture.script(Self.sink + body)).describe()
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let sink = try make(Configuration(instance: "sink/bad", values: [:]), fixture.context)
        try await sink.probe()
        let process = try #require(Int32(try String(contentsOfFile: "\(fixture.folder)/process", encoding: .utf8)))
        await sink.stop()
        #expect(ProcessFixture.isGone(process))
    }

    @Test(.enabled(if: ProcessFixture.hasFileRules, "the kernel has no Landlock"))
    func givesThePluginNothingOfTheHost() async throws {
        let fixture = try ProcessFixture()
        // A variable of this process that no program is given; setting one would race with tests that start processes.
        let given: Set = ["PATH", "LANG", "HOME", "TMPDIR"]
        let own = ProcessInfo.processInfo.environment.keys.filter { !given.contains($0) && !$0.contains("PYTHON") }
        let secret = try #require(own.first { !$0.hasPrefix("PENSTOCK") && !$0.hasPrefix("LC_") })
        let body = """
            import socket
            try: socket.socket(socket.AF_INET, socket.SOCK_STREAM); network = "open"
            except OSError: network = "closed"
            try: open("/proc/%d/environ" % os.getppid()).read(); files = "open"
            except OSError: files = "closed"
            told = "%s %s %s %s" % ("\(secret)" in os.environ, network, files, os.nice(0) >= 5)
            answer("error", message["id"], code="auth", message=told); read()
            """
        let type = try fixture.plugin(try fixture.script(Self.sink + body)).describe()
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let sink = try make(Configuration(instance: "sink/a", values: [:]), fixture.context)
        let error = await #expect(throws: PluginError.self) { try await sink.probe() }
        #expect(error?.message.contains("False closed closed True") == true, "\(error?.message ?? "")")
        await sink.stop()
    }

    /// A command of the manifest starts in the manifest's folder, where the state is too.
    @Test(.enabled(if: ProcessFixture.hasFileRules, "the kernel has no Landlock"))
    func aProgramBesideTheStateReadsWhatIsBesideItAndNoState() async throws {
        let fixture = try ProcessFixture()
        let home = "\(fixture.folder)/home"
        for folder in ["var/control", "var/plugins/own", "lib"] {
            try FileManager.default.createDirectory(atPath: "\(home)/\(folder)", withIntermediateDirectories: true)
        }
        for file in ["beside.py", "lib/inner.py", "var/control/token", "var/db"] {
            try "x = 1".write(toFile: "\(home)/\(file)", atomically: true, encoding: .utf8)
        }
        let body = """
            sys.path[:0] = [os.getcwd(), os.getcwd() + "/lib"]
            import beside, inner
            told = ""
            for name in ["beside.py", "lib/inner.py", "var/control/token", "var/db"]:
                try: open(name).read(); told += "y"
                except OSError: told += "n"
            answer("error", message["id"], code="auth", message=told); read()
            """
        var command = try fixture.script(Self.sink + body)
        command.directory = home
        command.readable = ["\(fixture.folder)/plugin.py"]
        command.hidden = ["\(home)/var"]
        let type = try fixture.plugin(command).describe()
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let context = PluginContext(
            baseDirectory: home, stateDirectory: "\(home)/var/plugins/own", instruments: ProcessFixture.Names(),
            log: { _, _, _ in })
        let sink = try make(Configuration(instance: "sink/a", values: [:]), context)
        let error = await #expect(throws: PluginError.self) { try await sink.probe() }
        #expect(error?.message.contains("yynn") == true, "\(error?.message ?? "")")
        await sink.stop()
    }

    /// The host's state in a folder that programs may read, as under `/opt`, or that the manifest grants.
    @Test(.enabled(if: ProcessFixture.hasFileRules, "the kernel has no Landlock"))
    func whatIsHiddenStaysShutInsideWhatIsOpen() async throws {
        let fixture = try ProcessFixture()
        let open = "\(fixture.folder)/open"
        for folder in ["host/var/control", "host/var/plugins/own", "host/etc"] {
            try FileManager.default.createDirectory(atPath: "\(open)/\(folder)", withIntermediateDirectories: true)
        }
        let files = ["a", "host/b", "host/etc/c", "host/var/plugins/own/d", "host/var/control/token", "host/var/db"]
        for file in files { try "x".write(toFile: "\(open)/\(file)", atomically: true, encoding: .utf8) }
        try FileManager.default.createSymbolicLink(atPath: "\(open)/link", withDestinationPath: "\(open)/host")
        let body = """
            told = ""
            for name in \(files + ["link/var/control/token"]):
                try: open("\(open)/" + name, "r").read(); told += "y"
                except OSError: told += "n"
            for folder in ["host", "host/var", "host/var/control"]:
                try: os.listdir("\(open)/" + folder); told += "y"
                except OSError: told += "n"
            answer("error", message["id"], code="auth", message=told); read()
            """
        var command = try fixture.script(Self.sink + body)
        command.directory = "\(open)/host/var/plugins/own"
        command.readable = ["\(fixture.folder)/plugin.py", open]
        command.hidden = ["\(open)/host/var"]
        let type = try fixture.plugin(command).describe()
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let context = PluginContext(
            baseDirectory: open, stateDirectory: "\(open)/host/var/plugins/own", instruments: ProcessFixture.Names(),
            log: { _, _, _ in })
        let sink = try make(Configuration(instance: "sink/a", values: [:]), context)
        let error = await #expect(throws: PluginError.self) { try await sink.probe() }
        #expect(error?.message.contains("yyyynnnnnn") == true, "\(error?.message ?? "")")
        await sink.stop()
    }
}
