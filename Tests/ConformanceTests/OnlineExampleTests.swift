import Glibc
import HostProcess
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

/// `examples/python-online-model`: a model in Python that learns each label as it becomes known.
@Suite(.serialized, .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"))
struct OnlineExampleTests {
    @Test func keepsTheContractOfAModelThatLearns() async throws {
        let folders = try TemporaryFolders()
        let example = "\(Repository.root)/examples/python-online-model"
        let kit = "\(Repository.root)/PluginKit/Python"
        var plugin = ProcessPlugin(
            command: ProcessCommand(
                arguments: ["/usr/bin/python3", "\(example)/model.py"], directory: example,
                stateDirectory: folders.root, environment: ["PYTHONPATH": kit], readable: [kit]))
        plugin.restart.firstDelay = .zero
        let type = try plugin.describe()
        #expect(type.descriptor.id == "model/drifting_line" && type.descriptor.learns)
        let report = await Conformance(type, sample: try Samples.sample(in: folders)).report()
        #expect(report.findings == [])
        #expect(report.level >= .silver, "\(report.text)")
    }
}
