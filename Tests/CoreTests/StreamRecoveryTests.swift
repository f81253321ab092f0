import HostCore
import PluginKit
import Testing

struct StreamRecoveryTests {
    private func waits(_ policy: StreamPolicy, _ code: PluginError.Code, tries: Int) -> [StreamRecovery.Step] {
        var recovery = StreamRecovery(policy)
        return (0..<tries).map { _ in recovery.failed(PluginError(code, "broke.")) }
    }

    private func seconds(_ spans: Int...) -> [StreamRecovery.Step] { spans.map { .again(after: .seconds($0)) } }

    @Test(arguments: [
        PluginError.Code.transient, .rateLimited, .malformed, .environment, .cancelled, .noData, .quality,
    ])
    func whatMayPassIsTriedForEverLongerEachTime(code: PluginError.Code) {
        #expect(
            waits(StreamPolicy(isOnce: false), code, tries: 11)
                == seconds(1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300))
    }

    @Test(arguments: [PluginError.Code.auth, .permission, .banned, .badRequest])
    func whatWasRefusedIsTriedRarely(code: PluginError.Code) {
        #expect(
            waits(StreamPolicy(isOnce: false), code, tries: 8) == seconds(60, 120, 240, 480, 960, 1_920, 3_600, 3_600))
    }

    @Test(arguments: [PluginError.Code.configuration, .unsupported])
    func whatCannotPassIsGivenUpUnlessThePolicyIsRetry(code: PluginError.Code) {
        #expect(waits(StreamPolicy(isOnce: false), code, tries: 3) == seconds(1, 2) + [.giveUp])
        #expect(waits(StreamPolicy(isOnce: false, keepsTrying: true), code, tries: 3) == seconds(60, 120, 240))
    }

    @Test func aRunThatEndsWithItsDataHopesThreeTimes() {
        #expect(waits(StreamPolicy(isOnce: true), .transient, tries: 3) == seconds(1, 2) + [.giveUp])
        #expect(waits(StreamPolicy(isOnce: true, keepsTrying: true), .transient, tries: 3) == seconds(1, 2) + [.giveUp])
        #expect(waits(StreamPolicy(isOnce: true), .auth, tries: 1) == [.giveUp])
        #expect(waits(StreamPolicy(isOnce: true), .environment, tries: 1) == [.giveUp])
    }

    @Test func aSourceThatNamesATimeIsNotAskedBefore() {
        var recovery = StreamRecovery(StreamPolicy(isOnce: false))
        let polite = PluginError(.rateLimited, "wait.", retryAfter: .seconds(90))
        #expect(recovery.failed(polite) == .again(after: .seconds(90)))
        let endless = PluginError(.rateLimited, "wait.", retryAfter: .seconds(1_000_000_000))
        #expect(recovery.failed(endless) == .again(after: .seconds(86_400)))
    }

    @Test func theCountBeginsAnewOnceSomethingCame() {
        var recovery = StreamRecovery(StreamPolicy(isOnce: true))
        for _ in 0..<10 {
            #expect(recovery.failed(PluginError(.transient, "broke.")) == .again(after: .seconds(1)))
            recovery.worked()
        }
    }
}
