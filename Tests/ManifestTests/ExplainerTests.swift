import HostManifest
import PluginKit
import Testing

@Suite struct ExplainerTests {
    private func explain(_ path: String) throws -> Explanation {
        let environment = ["VANTAGE_KEY": "hunter2"]
        let manifest = try #require(load(sample, environment: environment).manifest)
        return try ConfigurationExplainer(manifest).explain(path)
    }

    @Test func saysValueOriginPlaceTypeAndMeaning() throws {
        let full = try explain("sinks.live.queue.full")
        #expect(
            full.value == "drop_oldest" && full.origin == "written in the file" && full.place == "plugins.yaml:29:43")
        #expect(
            full.type == "choice" && full.allowed == "block, drop_oldest, drop_newest, spill"
                && full.defaultValue == "block")
        #expect(
            full.rendered == """
                sinks.live.queue.full
                  value   drop_oldest
                  origin  written in the file, plugins.yaml:29:43
                  type    choice: block, drop_oldest, drop_newest, spill
                  default block
                  meaning What a full queue does: makes the pipeline wait, gives up the oldest or the newest batch, or keeps it on disk.
                """)
    }

    @Test func saysDefaults() throws {
        let capacity = try explain("sinks.keep.queue.capacity")
        #expect(
            capacity.value == "256" && capacity.origin == "default" && capacity.place == nil
                && capacity.unit == "batches")
        #expect(try explain("sinks.keep.records.0").value == "bars")
        #expect(try explain("providers.history.columns.date").value == "date")
        #expect(try explain("host.listen").value == "127.0.0.2:0")
        #expect(try explain("models.next_day.threads").allowed == "1...64")
        #expect(try explain("models.next_day.alpha").type == "number")
    }

    @Test func saysWhatIsNotSet() throws {
        let only = try explain("providers.history.rename")
        #expect(only.value == nil && only.origin == "not set" && only.type == "map of text")
        #expect(only.rendered.contains("  value   not set\n"))
        #expect(try explain("pipelines.main.instruments").rendered.contains("default none, required"))
    }

    @Test func masksSecrets() throws {
        let key = try explain("providers.vantage.api_key")
        #expect(key.value == "<secret>" && key.origin == "secret VANTAGE_KEY from the environment")
        #expect(!(try explain("providers.vantage").rendered.contains("hunter2")))
    }

    @Test func walksMappingsAndLists() throws {
        let all = try explain("")
        #expect(
            all.inside == [
                "version", "host", "instruments", "providers", "routes", "indicators", "models", "sinks", "pipelines",
                "strategies",
            ])
        #expect(try explain("instruments.cn.1").value == "sh600519")
        #expect(try explain("instruments.us").value == "[AAPL, IBM]")
        #expect(try explain("instruments.crypto.venue").type == "symbol")
        let live = try explain("sinks.live")
        #expect(live.meaning == "Lines on a terminal." && live.allowed == nil && live.type == "record")
        #expect(live.rendered.contains("inside  plugin, enabled, on_failure, records, queue"))
        #expect(try explain("indicators").type == "map of record")
        #expect(
            try explain("pipelines.main").value?.hasPrefix("{indicators: all, instruments: [us, cn, 700.HK], ") == true)
    }

    @Test(arguments: [
        ("host.listen", "address"), ("host.state", "path"), ("host.stop_timeout", "duration"),
        ("host.workers", "integer"),
        ("providers.history.enabled", "boolean"), ("providers.history.only", "list of symbol"),
        ("providers.history.plugin", "text"),
        ("models.next_day.holdout", "ratio"), ("models.next_day.features", "selection"),
        ("models.next_day.target.return", "bars"),
        ("pipelines.main.timeframe", "timeframe"), ("pipelines.main.route", "reference"),
        ("providers.history.api_key", "secret"),
    ])
    func namesTypes(_ path: String, _ type: String) throws {
        let explanation = try explain(path)
        #expect(explanation.type == type && explanation.allowed?.isEmpty == false)
    }

    @Test func suggestsNearbyPaths() throws {
        #expect(throws: ConfigurationExplainer.UnknownPath.self) { try explain("sinks.kep") }
        do {
            _ = try explain("sinks.kep.queue")
        } catch let error as ConfigurationExplainer.UnknownPath {
            #expect(
                error.description == "'sinks.kep.queue': sinks has no 'kep'. Did you mean 'keep'? Known: keep, live.")
        }
        do {
            _ = try explain("host.workers.x")
        } catch let error as ConfigurationExplainer.UnknownPath {
            #expect(error.description == "'host.workers.x': host.workers has no 'x'. It has no values inside.")
        }
        do {
            _ = try explain("hots")
        } catch let error as ConfigurationExplainer.UnknownPath {
            #expect(error.description.hasPrefix("'hots': plugins.yaml has no 'hots'. Did you mean 'host'?"))
        }
    }
}
