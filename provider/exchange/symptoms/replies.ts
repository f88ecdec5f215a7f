/** What an SMTP reply in a queue's LastError says of certificates (exchange.md 9): codes and words that are not localised. */

/** No certificate carries the name that the connector asks for. */
export const NAME_NOT_FOUND = /\b454 4\.7\.5\b/;
/** The own side ends the session: its key cannot be read, or the name is ambiguous. */
export const OWN_SIDE_ABORTS = /\b451 4\.4\.395\b/;
/** No TLS channel that both sides trust. */
export const NO_CHANNEL = /\b454 4\.7\.0\b.*\bTLS channel\b|\bUntrustedRoot\b/i;
/** Direct trust is broken; 454 4.7.0 alone says more than this. */
export const AUTHENTICATION = /\b454 4\.7\.0 Temporary authentication failure/i;
