/** Stands for a send connector's `tlsCertificateName` where the certificates of its Edges have different names. */
export const NO_COMMON_NAME = "(the Edges' certificates have different names)";
