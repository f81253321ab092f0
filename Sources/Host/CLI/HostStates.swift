import FoundationEssentials
import HostApp
import HostManifest

/// States of instances in the host that runs a manifest; a short wait, and no answer is no fault.
enum HostStates {
    private struct Answer: Decodable {
        struct Instance: Decodable {
            let kind: String
            let id: String
            let state: String
        }
        let instances: [Instance]
    }

    /// Returns the states by instance (`sink/keep`); none where no host answers.
    static func read(_ manifest: Manifest) -> [String: String] {
        guard let host = RunningHost.find(manifest),
            let answer = try? LocalClient.ask(host, "GET", "/api/v2/plugins", patience: .milliseconds(500)),
            answer.status == 200, let decoded = try? JSONDecoder().decode(Answer.self, from: Data(answer.body))
        else { return [:] }
        return Dictionary(
            decoded.instances.map { ("\($0.kind)/\($0.id)", $0.state) }, uniquingKeysWith: { first, _ in first })
    }
}
