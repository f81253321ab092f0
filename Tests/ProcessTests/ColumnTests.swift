import HostProcess
import PluginKit
import Testing

/// The columns of an indicator in a process may depend on its options.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct ColumnTests {
    /// One column for each period; `outputs` can be another list.
    private func type(
        _ fixture: ProcessFixture, outputs: String = "[cls.column(p) for p in options['periods']]"
    ) throws
        -> PluginType
    {
        let program = """
            import penstock_plugin as kit
            class Lags(kit.Indicator):
                descriptor = {"kind": "indicator", "name": "lags", "version": "1", "summary": "Closes.",
                              "options": [{"name": "periods", "type": "texts", "summary": "Names.", "required": True}],
                              "outputs": [{"name": "value", "unit": "", "summary": "A close."}]}
                @staticmethod
                def column(name):
                    return {"name": name, "unit": "", "summary": "", "role": "quantile", "probability": 0.5}
                @classmethod
                def outputs(cls, options): return \(outputs)
                @classmethod
                def validate(cls, options):
                    if "?" in options["periods"][0]: return [("periods", "has a '?'.", (1, 2))]
                    return []
                def fresh(self): return {}
                def update(self, state, bar): return [bar["close"]] * len(self.options["periods"])
            kit.run(Lags)
            """
        return try fixture.plugin(try fixture.script(program)).describe()
    }

    private func options(_ names: [String]) -> Configuration {
        Configuration(instance: "indicator/lags", values: ["periods": .list(names.map { .text($0) })])
    }

    @Test func columnsFollowTheOptions() throws {
        let fixture = try ProcessFixture()
        let type = try type(fixture)
        let options = options(["a", "b", "c"])
        #expect(type.validate(options).isEmpty)
        #expect(type.outputs(options).map(\.name) == ["a", "b", "c"])
        #expect(type.outputs(options).first?.role == .quantile(0.5))
        #expect(type.outputs(self.options(["d"])).map(\.name) == ["value"])
        guard case .indicator(let make) = type.maker, var made = try make(options) as? any Indicator<Bar> else {
            throw PluginError(.unsupported, "test: no indicator over bars.")
        }
        var row = [Double](repeating: 0, count: 3)
        row.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            _ = made.update(bars(1)[0], into: OutputRow(base: base, width: 3))
        }
        #expect(row == [100, 100, 100])
    }

    @Test(arguments: ["[cls.column(f'c{i}') for i in range(1025)]", "[cls.column('a')] * 2", "[cls.column('A')]", "[]"])
    func columnsHaveTheLimitsOfTheDescriptor(_ outputs: String) throws {
        let fixture = try ProcessFixture()
        let faults = try type(fixture, outputs: outputs).validate(options(["a"]))
        #expect(faults.count == 1 && faults.first?.message.isEmpty == false)
    }

    @Test func columnsThatChangeBetweenCallsAreRefused() throws {
        let fixture = try ProcessFixture()
        let type = try type(fixture, outputs: "[cls.column('v%d' % __import__('os').getpid())]")
        #expect(type.validate(options(["a"])).isEmpty)
        guard case .indicator(let make) = type.maker else { throw PluginError(.unsupported, "test: no indicator.") }
        let error = #expect(throws: PluginError.self) { _ = try make(options(["a"])) }
        #expect(error?.code == .malformed)
    }

    @Test func aFaultNamesItsPlaceInTheText() throws {
        let fixture = try ProcessFixture()
        let faults = try type(fixture).validate(options(["a?"]))
        #expect(faults.map(\.range) == [1..<2] && faults.map(\.option) == ["periods"])
    }
}
