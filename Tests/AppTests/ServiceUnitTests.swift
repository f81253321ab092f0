import TestSupport
import Testing

@testable import HostApp

/// What of a unit does not fit the host.
@Suite struct ServiceUnitTests {
    private static let sound = """
        [Service]
        # TimeoutStopSec=1
        Type = notify
        ExecStart=/bin/true run --config /etc/penstock/plugins.yaml
        LimitNOFILE=65536
        TimeoutStopSec=30
        WatchdogSec=2min

        """

    private func faults(_ more: String, stopTimeout: Duration = .seconds(20)) -> [String] {
        ServiceUnit(path: "penstock.service", text: Self.sound + more).faults(stopTimeout: stopTimeout)
    }

    @Test(arguments: ["", "WatchdogSec=0", "TimeoutStopSec=infinity", "LimitNOFILE=1024:524288"])
    func aUnitThatFitsHasNone(more: String) { #expect(faults(more) == []) }

    @Test(arguments: [
        ("ExecStart=/nowhere/penstock run", "'ExecStart' is '/nowhere/penstock', which cannot be run."),
        ("LimitNOFILE=512", "'LimitNOFILE' is 512; wanted 1024 or more."),
        ("TimeoutStopSec=15s", "'TimeoutStopSec' is 15s, and 'host.stop_timeout' 20s"),
        ("WatchdogSec=30", "'WatchdogSec' is 30s; wanted 0 or 120 s and more"),
        ("Type=exec", "'WatchdogSec' is set and 'Type' is 'exec'; allowed with it is notify."),
    ])
    func eachFaultIsNamed(more: String, fault: String) throws {
        let found = faults(more)
        #expect(found.count == 1 && found.first?.hasPrefix(fault) == true, "\(found)")
    }

    @Test func theShippedUnitFitsTheShippedManifest() throws {
        let text = try Repository.text("deploy/penstock.service").replacing("@PREFIX@/bin/penstock", with: "/bin/true")
        #expect(ServiceUnit(path: "deploy/penstock.service", text: text).faults(stopTimeout: .seconds(10)) == [])
    }
}
