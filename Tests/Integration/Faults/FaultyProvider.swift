/// A provider in Python that breaks as its options say, after three of its six pushes.
enum FaultyProvider {
    /// Rows it gives in all.
    static let rows = 24

    /// Its folder: one that pushes, or one that only answers.
    static func source(pushes: Bool) -> (manifest: String, file: String, code: String) {
        let name = pushes ? "faulty_push" : "faulty_pull"
        let gives = pushes ? ("[bar]", #"["bar"]"#) : ("[]", "[]")
        return (
            manifest.replacing("NAME", with: name).replacing("GIVES", with: gives.0), "provider.py",
            code.replacing("NAME", with: name).replacing("GIVES", with: gives.1)
        )
    }

    private static let manifest = """
        id: provider/NAME
        version: 1.0.0
        summary: Breaks as it is told.
        tier: process
        command: [python3, provider.py]
        options:
          call: { type: text, required: true, summary: Which call breaks. }
          fault: { type: text, required: true, summary: How. }
          when: { type: text, required: true, summary: When. }
        provider: { fetches: [bar], streams: GIVES, is_replay: false, needs_network: false }

        """

    private static let code = """
        \(FaultyPlugin.beginning)

        from penstock_plugin import Provider, PluginError, Push, bars, run

        class Faulty(Provider):
            descriptor = {
                "kind": "provider", "name": "NAME", "version": "1.0.0", "summary": "Breaks as it is told.",
                "options": [{"name": "call", "type": "text", "required": True, "summary": "Which call breaks."},
                            {"name": "fault", "type": "text", "required": True, "summary": "How."},
                            {"name": "when", "type": "text", "required": True, "summary": "When."}],
                "provider": {"fetches": ["bar"], "streams": GIVES, "is_replay": False, "needs_network": False},
            }

            def breaks(self, call, number=4):
                at = 1 if self.options["when"] == "start" else 4
                if self.options["call"] != call or number != at:
                    return None
                return self.options["fault"] if self.options["when"] == "always" or is_first() else None

            def fail(self, fault, request=None, number=0):
                if fault == "raise":
                    {}["close"]
                if fault == "exit":
                    os._exit(7)
                if fault == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                if fault == "garbage":
                    self.host._target.write(b"\\xff\\xfe no message\\n")
                    self.host._target.flush()
                if fault == "sequence":
                    self.host.send("batch", request["id"], {"sequence": 99, "position": "x"}, [bars([])])
                if fault == "credit":
                    for sequence in range(number, number + 4000):
                        self.host.send("batch", request["id"], {"sequence": sequence, "position": "12"}, [bars([])])
                if fault == "pause":
                    return time.sleep(3)
                if fault in ("garbage", "sequence", "credit", "hang"):
                    time.sleep(3600)
                code, after = ("rate_limited", 2.0) if fault == "wait" else (fault, None)
                raise PluginError(code, f"told to be {code}.", after)

            def probe(self):
                fault = self.breaks("probe")
                if fault:
                    self.fail(fault)

            def rows(self, request, days):
                first = 10957
                return [((first + day) * 86_400 * 10**9, 10.0, 11.0, 9.0, 10.0 + day / 100, 100.0, 1000.0, item["id"])
                        for day in days for item in request["instruments"]]

            def fetch(self, request):
                fault = self.breaks("fetch")
                rows = self.rows(request, range(1, 25))
                if fault == "unknown":
                    return bars([row[:-1] + (4_000_000,) for row in rows]), []
                if fault:
                    self.fail(fault)
                return bars(row for row in rows if request["from"] <= row[0] <= request["to"]), []

            def stream(self, subscription):
                after = int(subscription.get("resume_after") or 0)
                pushed = 0
                for number in range(1, 7):
                    if number * 4 <= after:
                        continue
                    fault = self.breaks("stream", number)
                    if fault == "unknown":
                        yield Push(bars([(10**18, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4_000_000)]), "x")
                    elif fault:
                        self.fail(fault, subscription, pushed + 1)
                    pushed += 1
                    yield Push(bars(self.rows(subscription, range(number * 4 - 3, number * 4 + 1))), str(number * 4))

        run(Faulty)

        """
}
