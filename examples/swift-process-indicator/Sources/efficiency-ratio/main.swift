import EfficiencyRatioIndicator
import PluginKit
import PluginProcess

runPlugin(.indicator(EfficiencyRatio.self))
