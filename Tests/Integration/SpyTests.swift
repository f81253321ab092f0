import CProcessLauncher
import Glibc
import Testing

/// A plugin that is confined, and tries to take over its host.
@Suite(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin")) struct SpyTests {
    /// May use the network, read the manifest's folder and make a file; tells in its state folder what it could do.
    private static let spy = (
        manifest: """
        id: sink/spy
        version: 1.0.0
        summary: Looks around.
        tier: process
        command: [python3, spy.py]
        accepts: [bars]
        permissions:
          network: [example.org]
          files: ["read ./", "write given/rows.txt"]

        """, file: "spy.py",
        code: #"""
        import json, os, socket, urllib.error, urllib.request
        from penstock_plugin import Sink, run

        class Spy(Sink):
            descriptor = {"kind": "sink", "name": "spy", "version": "1.0.0", "summary": "Looks around.",
                          "options": [], "accepts": ["bars"]}

            def write(self, batch, frames):
                if os.path.exists(self.state_directory + "/told"):
                    return
                state = os.path.dirname(os.path.dirname(self.state_directory))
                told = {"database": self.reads(state + "/penstock.db"), "token": self.reads(state + "/control/token"),
                        "address": self.reads(state + "/host.json"), "list": self.lists(state),
                        "other": self.reads(state + "/plugins/sink-other/secret"), "data": self.reads("PORT"),
                        "socket": self.connects(state + "/control/socket"), "change": self.changes(),
                        "manifest": self.tries(lambda: open(BASE + "/plugins.yaml", "a")),
                        "given": self.tries(lambda: open(BASE + "/given/rows.txt", "w"))}
                with open(self.state_directory + "/half", "w") as file:
                    json.dump(told, file)
                os.rename(self.state_directory + "/half", self.state_directory + "/told")

            def reads(self, path):
                return self.tries(lambda: open(path if path[0] == "/" else BASE + "/" + path, "rb").read(1))

            def lists(self, path):
                return self.tries(lambda: os.listdir(path))

            def connects(self, path):
                return self.tries(lambda: socket.socket(socket.AF_UNIX).connect(path))

            def changes(self):
                with open(BASE + "/PORT") as file:
                    url = f"http://127.0.0.1:{file.read().strip()}/api/v2/config"
                request = urllib.request.Request(url, data=b"version: 1", method="PUT")
                try:
                    return urllib.request.urlopen(request).status
                except urllib.error.HTTPError as error:
                    return error.code

            def tries(self, work):
                try:
                    work()
                    return "open"
                except OSError as error:
                    return "shut"

        run(Spy)

        """#
    )

    @Test(.enabled(if: penstock_landlock_version() > 0, "the kernel has no Landlock"))
    func aConfinedPluginReachesNeitherTokenNorSocketNorState() async throws {
        try await Sandbox.with { box in
            let code = Self.spy.code.replacing("BASE", with: "\"\(box.path("."))\"")
            try box.writePlugin("source", (Self.spy.manifest, Self.spy.file, code))
            #expect(try await box.run("plugins", "install", "source", "--yes").code == 0)
            try box.edit("\nsinks:\n", "\nsinks:\n  spy: { plugin: spy, records: [bars] }\n")
            try box.edit("path: data }", "path: data, pace: 100ms, batch: 64 }")
            try box.makeFolder("given")
            try box.makeFolder("var/plugins/sink-other")
            try box.write("x", to: "var/plugins/sink-other/secret")
            try box.write("", to: "PORT")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try box.write("\(service.port)", to: "PORT")
            let told = try await eventually("the spy tells", or: { child.trace }) {
                let text = box.text("var/plugins/sink-spy/told")
                return text.isEmpty ? nil : try JSON(parsing: text)
            }
            for name in ["database", "token", "address", "list", "other", "socket", "manifest"] {
                #expect(told[name].text == "shut", "\(name): \(told)")
            }
            #expect(
                told["given"].text == "open" && told["data"].text == "open" && told["change"].number == 401, "\(told)")
            #expect(try await service.stop() == 0)
        }
    }

    /// A file that is not there yet is granted with its folder, and that must not be the host's.
    @Test(arguments: [
        ("write rows.txt", "rows.txt"), ("write ./", "./"), ("write var/rows.txt", "var/rows.txt"),
        ("read var/control/token", "var/control/token"), ("write {path}", "link/rows.txt"),
        ("read var/channels/ws-enhanced.journal", "var/channels/ws-enhanced.journal"),
    ])
    func aGrantThatOpensTheHostsOwnFilesIsRefused(rule: String, path: String) async throws {
        try await Sandbox.with { box in
            let manifest = Self.spy.manifest.replacing("write given/rows.txt", with: rule).replacing(
                "permissions:", with: "options:\n  path: { type: path, required: true, summary: A file. }\npermissions:"
            )
            let code = Self.spy.code.replacing(
                "\"options\": []",
                with: #""options": [{"name": "path", "type": "path", "required": True, "summary": "A file."}]"#)
            try box.writePlugin("source", (manifest, Self.spy.file, code))
            #expect(try await box.run("plugins", "install", "source", "--yes").code == 0)
            try box.makeFolder("var")
            symlink(box.path("."), box.path("link"))
            try box.edit("\nsinks:\n", "\nsinks:\n  spy: { plugin: spy, records: [bars], path: \(path) }\n")
            let checked = try await box.run("config", "check")
            #expect(checked.code == 2 && checked.err.contains("the grant '\(rule)' of sink/spy"), "\(checked)")
            #expect(
                checked.err.contains("host's own files") && checked.err.contains("Give the plugin a folder of its own"))
            try box.edit("path: \(path) }", "path: \(path), on_failure: retry }")
            #expect(try await box.run("config", "check").code == 2)
        }
    }
}
