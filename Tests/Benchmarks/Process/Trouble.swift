import FoundationEssentials
import HostProcess
import PluginKit

/// A sink in Python that misbehaves when it is written to, again after each new start.
struct Trouble: Sendable {
    let name: String
    let body: String

    static let all = [
        Trouble(name: "crash", body: "os.abort()"), Trouble(name: "exit", body: "sys.exit(3)"),
        Trouble(name: "hang", body: "while True: signal.pause()"),
        Trouble(name: "flood", body: "while True: sys.stdout.write('{\"type\":\"log\",\"message\":\"x\"}\\n')"),
        Trouble(name: "garbage", body: "print('Traceback', flush=True); read(); read()"),
        Trouble(name: "memory", body: "keep = []\nwhile True: keep.append(bytearray(1 << 24))"),
        Trouble(
            name: "ignores_stop",
            body: """
                signal.signal(signal.SIGTERM, signal.SIG_IGN); answer('result', message['id'], sequence=1)
                while True: signal.pause()
                """),
        Trouble(name: "fork", body: "os.fork(); os.fork(); os.fork()\nwhile True: pass"),
        Trouble(name: "fills_log", body: "while True: sys.stderr.write('noise ' * 100 + '\\n')"),
        Trouble(
            name: "huge_frame",
            body: frame + """
                os.write(1, struct.pack('<4sHHQIIQ', b'\\xf5PS1', 6, 1, message['id'], 1, 0, 1 << 60)); read()
                """),
        Trouble(name: "truncated_frame", body: frame + "os.write(1, b'\\xf5PS1'); sys.exit(0)"),
        Trouble(
            name: "other_sequence",
            body: """
                while True: answer('result', message['id'], sequence=99); message = read()
                """),
    ]

    private static let frame = """
        import struct
        sys.stdout.write('{"type":"result","id":%d,"frames":1}\\n' % message['id']); sys.stdout.flush()

        """

    private static let start = """
        import json, os, signal, sys
        def read():
            line = sys.stdin.buffer.readline()
            while line and not line.startswith(b'{'): line = sys.stdin.buffer.readline()
            if not line: sys.exit(0)
            return json.loads(line)
        def answer(type, id, **members):
            sys.stdout.write(json.dumps(dict(members, type=type, id=id)) + "\\n"); sys.stdout.flush()
        message = read(); answer("hello", message["id"], version=2, frames_form="json")
        message = read()
        if message["type"] == "describe":
            answer("result", message["id"], descriptor={"kind": "sink", "name": "bad", "summary": "", "options": [],
                                                       "accepts": ["bars"]})
            read(); sys.exit(0)
        answer("result", message["id"])
        message = read()

        """

    /// Writes to it until the task is cancelled, whatever it does.
    func keepUp() async {
        let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try? (Self.start + body + "\n").write(toFile: "\(folder)/bad.py", atomically: true, encoding: .utf8)
        var plugin = ProcessPlugin(
            command: ProcessCommand(
                arguments: ["/usr/bin/python3", "\(folder)/bad.py"], directory: folder, stateDirectory: folder,
                memoryBytes: 256 << 20))
        plugin.deadlines.exchange = .milliseconds(300)
        plugin.deadlines.stop = .milliseconds(200)
        plugin.restart.firstDelay = .milliseconds(100)
        plugin.restart.longestDelay = .milliseconds(100)
        plugin.restart.budget = 10_000
        guard let type = try? plugin.describe(), case .sink(let make) = type.maker else { return }
        let context = PluginContext(baseDirectory: folder, stateDirectory: folder, instruments: NoNames())
        while !Task.isCancelled {
            guard let sink = try? make(Configuration(instance: "sink/bad", values: [:]), context) else { return }
            for _ in 0..<20 where !Task.isCancelled {
                _ = try? await sink.write(
                    RecordBatch(
                        pipeline: "p", source: "s", timeframe: Timeframe(1, .minute), sequence: 1,
                        content: .bars(wanderingBars(64))))
                try? await Task.sleep(for: .milliseconds(5))
            }
            await sink.stop()
        }
    }
}
