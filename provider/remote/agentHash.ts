/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "50de9e9c3704b12d9e35cdee13fdecf5a36e5dde98625ba4489d607128334800";
