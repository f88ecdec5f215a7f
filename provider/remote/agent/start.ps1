# Agent of pulumi-exchange: one request a line in, one reply a line out (docs/agent-protocol.md).
# Windows PowerShell 5.1 syntax; ASCII and LF only. The script is constant: requests are data and never become script text.
param($PxReader, $PxWriter, [string]$PxSource)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$DebugPreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'
# Functions of a module, as implicit remoting makes them, see the global preference and not this script's.
$global:ProgressPreference = 'SilentlyContinue'
# Nothing but replies may reach standard output; replies use a stream of their own.
try { [Console]::SetOut([System.IO.TextWriter]::Null) } catch { $null = $_ }
# Exchange prints numbers and dates of some types by the culture, and 5.1 compares the keys of a table by the culture that made it.
$PxInvariant = [System.Globalization.CultureInfo]::InvariantCulture
$PxCulture = [System.Globalization.CultureInfo]::CurrentCulture.Name
try { [System.Threading.Thread]::CurrentThread.CurrentCulture = $PxInvariant } catch { $null = $_ }
