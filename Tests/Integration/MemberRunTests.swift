import Foundation
import Testing

/// Ensembles as a user has them, where a member's library is missing and comes back.
@Suite struct MemberRunTests {
    private static let library = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/libxgboost.so" }
        .first { FileManager.default.fileExists(atPath: $0) }

    private static func artifacts(_ box: Sandbox) throws -> [String] {
        try Tables.state(box).texts("SELECT model FROM artifacts ORDER BY id")
    }

    @Test(.enabled(if: library != nil, "libxgboost is not installed. Install it: sudo apt-get install libxgboost-dev"))
    func anEnsembleGoesOnWithoutAMemberAndIsFittedAgainWhenItIsBack() async throws {
        let library = try #require(Self.library)
        try await Sandbox.with { box in
            try box.edit(
                "features: [rsi14, atr14] }",
                """
                features: [rsi14, atr14] }
                  trees: { plugin: xgboost, target: { return: 1 bar }, features: [rsi14, atr14], rounds: 20, library: lib/libxgboost.so }
                  both: { plugin: voting, target: { return: 1 bar }, members: [next_day, trees], adaptive: exponential }
                """)
            let first = try await box.run("run", "--once")
            #expect(
                first.err.contains("model/both: goes on without its member model/trees"), "\(first.out)\(first.err)")
            #expect(first.err.contains("sudo apt-get install libxgboost-dev"))
            #expect(try Self.artifacts(box) == ["next_day", "both"])
            _ = try await box.run("run", "--once")
            #expect(try Self.artifacts(box) == ["next_day", "both"])
            try box.makeFolder("lib")
            try FileManager.default.createSymbolicLink(
                atPath: box.path("lib/libxgboost.so"), withDestinationPath: library)
            let whole = try await box.run("run", "--once")
            #expect(whole.code == 0 && !whole.err.contains("goes on without"), "\(whole.out)\(whole.err)")
            #expect(try Self.artifacts(box) == ["next_day", "both", "trees", "both"])
            _ = try await box.run("run", "--once")
            #expect(try Self.artifacts(box).count == 4)
        }
    }

    @Test func whatHasNoMemberLeftSaysWhy() async throws {
        try await Sandbox.with { box in
            try box.edit(
                "features: [rsi14, atr14] }",
                """
                features: [rsi14, atr14] }
                  trees: { plugin: xgboost, target: { return: 1 bar }, features: [rsi14], library: lib/none.so }
                  alone: { plugin: voting, target: { return: 1 bar }, members: [trees] }
                  over: { plugin: linear, target: { return: 1 bar }, members: [next_day, trees] }
                """)
            let run = try await box.run("run", "--once")
            for id in ["alone", "over"] {
                #expect(
                    run.err.contains("model/\(id): its member model/trees does not serve. model/xgboost:"), "\(run.err)"
                )
            }
            #expect(try Self.artifacts(box) == ["next_day"])
        }
    }
}
