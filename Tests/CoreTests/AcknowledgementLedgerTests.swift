import PluginKit
import Testing

@testable import HostCore

struct AcknowledgementLedgerTests {
    private func ledger(outlets: Int, partitions: Int, deliveries: Int) -> AcknowledgementLedger {
        let ledger = AcknowledgementLedger(outlets: outlets, partitions: partitions)
        for number in 1...deliveries { ledger.begin(UInt64(number), StreamPosition("\(number)")) }
        return ledger
    }

    @Test func tellsAPositionOnceEveryOutletAndPartitionIsDurable() {
        let ledger = ledger(outlets: 2, partitions: 2, deliveries: 5)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 3) == nil)
        #expect(ledger.finish(outlet: 0, partition: 1, through: 4) == nil)
        #expect(ledger.finish(outlet: 1, partition: 0, through: 5) == nil)
        #expect(ledger.finish(outlet: 1, partition: 1, through: 2)?.position.text == "2")
        #expect(ledger.told() == nil)
        #expect(ledger.finish(outlet: 1, partition: 1, through: 5)?.position.text == "3")
        #expect(ledger.told() == nil)
    }

    @Test func neverTellsAPositionTwiceOrBackwards() {
        let ledger = ledger(outlets: 1, partitions: 1, deliveries: 3)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 2)?.position.text == "2")
        #expect(ledger.told() == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 2) == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 1) == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 3)?.position.text == "3")
    }

    @Test func tellsOneAtATimeAndThenTheNewest() {
        let ledger = ledger(outlets: 1, partitions: 1, deliveries: 4)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 1)?.position.text == "1")
        #expect(ledger.finish(outlet: 0, partition: 0, through: 2) == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 3) == nil)
        #expect(ledger.told()?.position.text == "3")
        #expect(ledger.told() == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 4)?.position.text == "4")
    }

    @Test func aDeliveryWithoutAPositionTellsTheOneBeforeIt() {
        let ledger = ledger(outlets: 1, partitions: 1, deliveries: 2)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 3)?.position.text == "2")
        #expect(ledger.told() == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 4) == nil)
    }

    @Test func aLongWaitForgetsSomePositionsButNoneTooFar() {
        let ledger = ledger(outlets: 1, partitions: 1, deliveries: 20_000)
        let told = ledger.finish(outlet: 0, partition: 0, through: 15_001).flatMap { Int($0.position.text) } ?? 0
        #expect(told <= 15_001)
        #expect(told > 14_900)
        #expect(ledger.told() == nil)
        #expect(ledger.finish(outlet: 0, partition: 0, through: 20_000)?.position.text == "20000")
    }
}
