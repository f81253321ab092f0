import HostProcess
import Testing

/// Which of the processes of an instance speaks for it.
struct SessionStatesTests {
    private let states = SessionStates()

    private func take(_ state: ProcessState, _ session: UInt64) -> ProcessCondition? {
        states.take(state, of: "sink/a", session: session)
    }

    @Test func aRestartedProcessIsWellOnlyOnceItIsSteady() {
        #expect(take(.running(process: 1), 1) == nil)
        #expect(
            take(.waiting(reason: "it hangs.", delay: .seconds(1)), 1)
                == .away(reason: "it hangs.", delay: .seconds(1)))
        #expect(take(.running(process: 2), 1) == .back(reason: "it hangs."))
        #expect(take(.steady, 1) == .well)
        #expect(take(.steady, 1) == nil)
    }

    @Test func aFaultOfTheNewSaysNothingOfTheOldThatWorks() {
        #expect(take(.running(process: 1), 1) == nil)
        #expect(take(.running(process: 2), 2) == nil)
        #expect(take(.waiting(reason: "it left.", delay: .zero), 2) == nil)
        #expect(take(.stopped, 2) == nil)
        #expect(take(.quarantined(reason: "it crashed."), 1) == .quarantined(reason: "it crashed."))
    }

    @Test func theNewSpeaksOnceTheOldIsStopped() {
        #expect(take(.quarantined(reason: "it crashed."), 1) == .quarantined(reason: "it crashed."))
        #expect(take(.running(process: 2), 2) == nil)
        #expect(take(.stopped, 1) == .well)
        #expect(
            take(.waiting(reason: "it left.", delay: .zero), 2) == .away(reason: "it left.", delay: .zero))
        #expect(take(.running(process: 3), 2) == .back(reason: "it left."))
    }

    @Test func instancesAreToldApart() {
        #expect(take(.quarantined(reason: "it crashed."), 1) != nil)
        #expect(states.take(.running(process: 2), of: "sink/b", session: 2) == nil)
        #expect(
            states.take(.quarantined(reason: "it left."), of: "sink/b", session: 2) == .quarantined(reason: "it left."))
    }

    @Test func tellsTheFirstTenthAndHundredthFaultAndThatItWorksAgain() {
        let told = (1...120).compactMap { take(.faulty(reason: "it raised.", count: $0), 1) }
        #expect(told == [1, 10, 100].map { .faulty(reason: "it raised.", count: $0) })
        #expect(take(.steady, 1) == .well)
        #expect(take(.faulty(reason: "it raised.", count: 1), 1) == .faulty(reason: "it raised.", count: 1))
    }
}
