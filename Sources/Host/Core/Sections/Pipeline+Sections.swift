import PluginKit

extension Pipeline {
    /// Steps in which a row's wait for those of other instruments is measured.
    private static let steps = 4

    /// Lets rows go that have waited for those of other instruments as long as they may, and a quarter longer at most, until the
    /// task is cancelled or the pipeline ends.
    ///
    /// Where the past is played, event times alone decide, until it is through. One that is asked for may have a fault for
    /// ever: it is waited for twelve times as long as a row.
    func closeSections(_ plan: PipelinePlan) async {
        guard let section = plan.driving.section, !plan.driving.isReplay || plan.driving.waitsForMore else { return }
        let clock = services.clock
        if plan.driving.isReplay {
            await isCaughtUp.wait()
        } else if plan.driving.pull != nil {
            _ = await isCaughtUp.wait(atMost: section.wait * 12, clock: clock)
        }
        let wallTime = services.wallTime
        while !Task.isCancelled {
            do { try await clock.sleep(for: section.wait / Self.steps) } catch { return }
            guard await order({ await $0.tick(Self.steps, at: wallTime()) }) else { return }
        }
    }
}
