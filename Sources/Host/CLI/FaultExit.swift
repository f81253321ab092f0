import HostApp
import PluginKit

/// Carries out work whose fault ends the command with the exit code of its kind.
@discardableResult
func orExit<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as PluginError {
        throw HostError(exitCode: error.exitCode, error.message)
    }
}
