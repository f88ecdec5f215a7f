// The shapes of what Exchange's cmdlets return and throw, by the names that the agent's replies carry.
// Compiled once by the stage (types.ts); C# 5, as Windows PowerShell's own compiler takes it.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace PulumiExchange.Lab {
  /// <summary>What the lab refused: the error of its reply.</summary>
  public class LabFailure : Exception {
    public LabFailure(PSObject reply) : base(Convert.ToString(reply.Properties["message"].Value)) { Reply = reply; }
    public PSObject Reply { get; private set; }
  }
}

namespace Microsoft.Exchange.Data {
  public class LocalizedException : Exception { public LocalizedException(string message) : base(message) {} }
  public class DataSourceOperationException : LocalizedException { public DataSourceOperationException(string message) : base(message) {} }

  /// <summary>Prints itself, and has properties that a projection must not walk into: one throws, one leads back to itself.</summary>
  public abstract class Printed {
    private readonly string text;
    protected Printed(string text) { this.text = text; }
    public string Broken { get { throw new InvalidOperationException("This property was walked into."); } }
    public Printed Self { get { return this; } }
    public override string ToString() { return text; }
  }
  public class Fqdn : Printed { public Fqdn(string text) : base(text) {} }
  public class SmtpX509Identifier : Printed { public SmtpX509Identifier(string text) : base(text) {} }
  public class AddressSpace : Printed { public AddressSpace(string text) : base(text) {} }
  public class SmartHost : Printed { public SmartHost(string text) : base(text) {} }
  public class SmtpDomainWithSubdomains : Printed { public SmtpDomainWithSubdomains(string text) : base(text) {} }
  public class EnhancedTimeSpan : Printed { public EnhancedTimeSpan(string text) : base(text) {} }
  public class ByteQuantifiedSize : Printed { public ByteQuantifiedSize(string text) : base(text) {} }
  public class ServerVersion : Printed { public ServerVersion(string text) : base(text) {} }
  public class OtherValue : Printed { public OtherValue(string text) : base(text) {} }

  public class MultiValuedProperty : IEnumerable {
    private readonly List<object> items = new List<object>();
    public void Add(object item) { items.Add(item); }
    public int Count { get { return items.Count; } }
    public IEnumerator GetEnumerator() { return items.GetEnumerator(); }
    public override string ToString() { return string.Join(", ", items); }
  }

  namespace Directory {
    public class ADObjectId : Printed { public ADObjectId(string text) : base(text) {} public string Name { get { return ToString().Substring(ToString().LastIndexOf('/') + 1); } } }
    public class ADObjectAlreadyExistsException : LocalizedException { public ADObjectAlreadyExistsException(string message) : base(message) {} }
    public class ADOperationException : LocalizedException { public ADOperationException(string message) : base(message) {} }
    namespace SystemConfiguration {
      public enum TlsAuthLevel { EncryptionOnly = 1, CertificateValidation = 2, DomainValidation = 3, CertificateExpiryCheck = 4 }
      public enum ProtocolLoggingLevel { None, Verbose }
      public enum SmtpSendAuthMechanisms { None, BasicAuth = 1, BasicAuthRequireTLS = 2, ExchangeServer = 4, ExternalAuthoritative = 8 }
      [Flags] public enum AuthMechanisms { None = 0, Tls = 1, Integrated = 2, BasicAuth = 4, BasicAuthRequireTLS = 8, ExchangeServer = 16, ExternalAuthoritative = 32 }
      [Flags] public enum ServerRole { None = 0, Cafe = 1, Mailbox = 2, ClientAccess = 4, UnifiedMessaging = 16, HubTransport = 32, Edge = 64 }
    }
  }
}

namespace Microsoft.Exchange.Management.SystemConfigurationTasks {
  [Flags] public enum AllowedServices { None = 0, IMAP = 1, POP = 2, UM = 4, IIS = 8, SMTP = 16, Federation = 32, UMCallRouter = 64 }
  public enum CertificateStatus { Unknown, Valid, Revoked, DateInvalid, Untrusted, Invalid, RevocationCheckFailure, PendingRequest }
  public enum CertificateAuthorityType { Unknown, None, ThirdParty, Enterprise, Registry, GroupPolicy, Self }
}

namespace Microsoft.Exchange.EdgeSync {
  public enum ValidationStatus { NoSyncConfigured, Normal, Warning, Failed, Inconclusive }
  public enum StatusResult { InProgress, Success, Aborted, CouldNotConnect, CouldNotLease, LostLease, Incomplete, NoSubscriptions, SyncDisabled }
}

namespace Microsoft.Exchange.Net {
  public enum QueueStatus { None, Active, Ready, Retry, Suspended, Connecting, Draining }
}

namespace Microsoft.Exchange.Configuration.Tasks {
  public class ManagementObjectNotFoundException : Microsoft.Exchange.Data.LocalizedException { public ManagementObjectNotFoundException(string message) : base(message) {} }
}
