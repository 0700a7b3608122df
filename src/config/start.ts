/** For whoever starts the program without telling it what to watch: the shortest ways on. */
import { ATLAS_VARIABLES } from './environment.ts';

export const NO_CREDENTIAL = `no credential: set ${ATLAS_VARIABLES.clientId} and ${ATLAS_VARIABLES.clientSecret}, or ${ATLAS_VARIABLES.accessToken}, or ${ATLAS_VARIABLES.publicKey} and ${ATLAS_VARIABLES.privateKey}, or write credentials into a config file`;

export const HOW_TO_START = `nothing to watch: there is no --target, no --config.file and no mongodbatlas-backup-exporter.yml here. Either of these begins:

  # Just look, without an account:
  mongodbatlas-backup-exporter demo

  # One cluster, with a service account of its project:
  export ${ATLAS_VARIABLES.clientId}=mdb_sa_id_… ${ATLAS_VARIABLES.clientSecret}=mdb_sa_sk_…
  mongodbatlas-backup-exporter --target GROUP_ID/CLUSTER

  # Everything else:
  mongodbatlas-backup-exporter --config.file mongodbatlas-backup-exporter.yml`;
