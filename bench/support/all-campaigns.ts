/** Every campaign, in the order of the help text. */
import { campaign as audit } from '../campaigns/audit.ts';
import { campaign as burnIn } from '../campaigns/burn-in.ts';
import { campaign as collections } from '../campaigns/collections.ts';
import { campaign as conformance } from '../campaigns/conformance.ts';
import { campaign as doubleConfirms } from '../campaigns/double-confirms.ts';
import { campaign as fuzz } from '../campaigns/fuzz.ts';
import { campaign as killpoints } from '../campaigns/killpoints.ts';
import { campaign as models } from '../campaigns/models.ts';
import { campaign as mutation } from '../campaigns/mutation.ts';
import { campaign as powercut } from '../campaigns/powercut.ts';
import { campaign as realData } from '../campaigns/real-data.ts';
import { campaign as seqlock } from '../campaigns/seqlock.ts';
import { campaign as sim } from '../campaigns/sim.ts';
import { campaign as soak } from '../campaigns/soak.ts';
import { campaign as soakDays } from '../campaigns/soak-days.ts';
import { campaign as underlyings } from '../campaigns/underlyings.ts';
import type { Campaign } from './campaign.ts';

export const CAMPAIGNS: readonly Campaign[] = [
  sim,
  burnIn,
  fuzz,
  collections,
  conformance,
  killpoints,
  seqlock,
  powercut,
  audit,
  realData,
  soak,
  soakDays,
  models,
  mutation,
  underlyings,
  doubleConfirms,
];
